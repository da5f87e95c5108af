/** Cases whose expected result is not ours, each with the reason. None of them is an acceptance that was not expected. */

const leafKeyUsage =
  'the certificate asked to serve TLS has a key usage of keyCertSign only. RFC 5280 §4.2.1.12 allows a key only for ' +
  'purposes that fit its key usage too, and §4.2.1.3 no signature of TLS with such a key; so it is refused. The case names ' +
  'no key usage that it wants, and its path is good: for any use the certificate is accepted'

const commonName =
  'the common name, example.com, is not letter by letter one of the subjectAltNames. The suite expects that to be refused ' +
  'in webpki::cn::not-in-san and to be accepted here; BR §7.1.4.3 forbids it, so it is refused in both'

export const knownDisagreements: Readonly<Record<string, string>> = {
  'pathlen::validation-ignores-pathlen-in-leaf': leafKeyUsage,
  'rfc5280::ca-as-leaf': leafKeyUsage,
  'webpki::nc::nc-permits-dns-san-pattern': commonName,
  'webpki::san::exact-localhost-ip-san': commonName,
  'webpki::san::leftmost-wildcard-san': commonName,
  'online::s3.amazonaws.com':
    "the certificate has a wildcard over s3.amazonaws.com, which the Public Suffix List's private part names. The suite " +
    'expects that to be refused in webpki::san::public-suffix-private-namespace-wildcard-san. An authority may issue it ' +
    'to who controls the whole suffix, which a client cannot see: it is refused in both',
}
