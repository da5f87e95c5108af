/**
 * OpenSSL's name of a cipher suite of TLS 1.2 or before, made of IANA's: `ECDHE-RSA-AES128-SHA` is
 * `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA`. Those of TLS 1.3 have one name only.
 * @param name IANA's
 */
export function opensslName(name: string): string {
  const [, exchange, protection] = /^TLS_(\w+?)_WITH_(\w+)$/.exec(name) ?? []
  if (exchange === undefined || protection === undefined) return name
  const isPsk = exchange.endsWith('PSK')
  const cipher = protection
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305')
    .replace('CCM_8', 'CCM8')
    .replace(/AES_(\d+)/, 'AES$1')
    // CBC goes without saying, but not with PSK.
    .replace('3DES_EDE_CBC', isPsk ? '3DES_EDE_CBC' : 'DES_CBC3')
    .replace(/(AES\d+)_CBC/, isPsk ? '$1_CBC' : '$1')
  // So does the transport by RSA.
  return (exchange === 'RSA' ? cipher : `${exchange}_${cipher}`).replaceAll('_', '-')
}
