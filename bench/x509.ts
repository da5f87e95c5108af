/**
 * A chain of three certificates (leaf, intermediate, root), parsed and validated by @handfast/x509, node:crypto, pkijs
 * and @peculiar/x509, taking turns in one run.
 *
 *   node bench/run.mjs x509 [--alone] [--json OUT]
 *
 * Told are medians of the rounds, in microseconds of processor time (of all threads) for one chain: other work on the
 * machine disturbs that less than a clock. With `--alone` the others take no turns. Ratios are medians of the rounds' ratios.
 *
 * `parse` is what makes an object of the bytes; `read` is that, and then every field that a validation looks at (pkijs
 * reads everything at once, the others when asked). In `validate` each begins with what its parser made of leaf and
 * intermediate, its trusted root being ready, and does as much of RFC 5280 as it has: all find the issuers and check
 * signatures and validity; host names only @handfast/x509 and node:crypto. `both` begins with the bytes. pkijs and
 * @peculiar/x509 verify by WebCrypto, which answers later.
 */
import { webcrypto, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  type Certificate,
  createTrustStore,
  formatName,
  parseCertificate,
  type SignatureVerifiers,
  type Verdict,
  verifyCertificate,
} from '@handfast/x509'
import 'reflect-metadata'
import * as peculiar from '@peculiar/x509'
import { nodeProvider } from 'handfast/crypto/node'
import * as pkijs from 'pkijs'
import * as maker from '../packages/x509/test/support/certificate-maker.ts'
import { octetString, oid, sequence } from '../packages/x509/test/support/der-writer.ts'

const { values } = parseArgs({ options: { json: { type: 'string' }, alone: { type: 'boolean' } } })
const rounds = 15
const host = 'www.example.com'
const time = maker.now

pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }))
peculiar.cryptoProvider.set(webcrypto)

interface Chain {
  readonly leaf: Uint8Array
  readonly intermediate: Uint8Array
  readonly root: Uint8Array
}

const distinguished = (organization: string, commonName: string): Uint8Array =>
  maker.distinguishedName([
    ['2.5.4.6', 'US'],
    ['2.5.4.10', organization],
    ['2.5.4.3', commonName],
  ])

/** A SignedCertificateTimestampList with two entries of the usual length; nobody here looks into them. */
function timestamps(): Uint8Array {
  const length = 119
  const list = new Uint8Array(2 + 2 * (2 + length))
  list.set([0, list.length - 2, 0, length])
  list.set([0, length], 4 + length)
  return list
}

/** As certificates of the public web are: with policies, access to the authority, and timestamps in the leaf. */
function makeChain(newKey: () => maker.Key): Chain {
  const [rootKey, intermediateKey, leafKey] = [newKey(), newKey(), newKey()]
  const rootName = distinguished('Example Trust Services', 'Example Root X1')
  const intermediateName = distinguished('Example Trust Services', 'Example Server Authority 7')
  const issued = [
    maker.policies('2.23.140.1.2.1'),
    maker.extension(
      '1.3.6.1.5.5.7.1.1',
      sequence(
        sequence(oid('1.3.6.1.5.5.7.48.2'), maker.generalName('uri:http://ca.example/ca.crt')),
      ),
    ),
  ]
  return {
    root: maker.makeRoot('', rootKey, { subject: rootName, issuer: rootName }),
    intermediate: maker.makeAuthority('', intermediateKey, '', rootKey, {
      subject: intermediateName,
      issuer: rootName,
      also: [maker.extendedKeyUsage('serverAuth', 'clientAuth'), ...issued],
    }),
    leaf: maker.makeCertificate({
      subject: 'www.example.com',
      issuer: intermediateName,
      key: leafKey,
      issuerKey: intermediateKey,
      extensions: [
        maker.keyUsage('digitalSignature'),
        maker.extendedKeyUsage('serverAuth', 'clientAuth'),
        maker.basicConstraints(false),
        maker.subjectKeyIdentifier(leafKey),
        maker.authorityKeyIdentifier(intermediateKey),
        maker.subjectAltName('dns:www.example.com', 'dns:example.com'),
        maker.extension('1.3.6.1.4.1.11129.2.4.2', octetString(timestamps())),
        ...issued,
      ],
    }),
  }
}

/** What keeps a compiler from leaving a measured call out. */
let sink: unknown

function readHere(certificate: Certificate): void {
  sink = formatName(certificate.subject) + formatName(certificate.issuer)
  sink = [
    ...[certificate.subjectPublicKeyInfo, certificate.basicConstraints, certificate.keyUsage],
    ...[certificate.extendedKeyUsage, certificate.subjectAltName, certificate.nameConstraints],
    ...[certificate.subjectKeyIdentifier, certificate.authorityKeyIdentifier],
    ...[certificate.certificatePolicies, certificate.authorityInfoAccess],
    ...[certificate.signedCertificateTimestamps],
  ]
}

type Run = () => unknown
type Measured = Readonly<Record<string, Readonly<Record<string, Run>>>>

function variants(chain: Chain): Measured {
  const { leaf, intermediate, root } = chain
  const all = [leaf, intermediate, root]
  const parsed: Sent = {
    handfast: [parseCertificate(leaf), parseCertificate(intermediate)],
    node: [new X509Certificate(leaf), new X509Certificate(intermediate)],
    pkijs: [pkijs.Certificate.fromBER(leaf), pkijs.Certificate.fromBER(intermediate)],
    peculiar: [new peculiar.X509Certificate(leaf), new peculiar.X509Certificate(intermediate)],
  }
  const fromBytes: Sent = {
    handfast: [leaf, intermediate],
    get node(): Sent['node'] {
      return [new X509Certificate(leaf), new X509Certificate(intermediate)]
    },
    get pkijs(): Sent['pkijs'] {
      return [pkijs.Certificate.fromBER(leaf), pkijs.Certificate.fromBER(intermediate)]
    },
    get peculiar(): Sent['peculiar'] {
      return [new peculiar.X509Certificate(leaf), new peculiar.X509Certificate(intermediate)]
    },
  }
  return {
    parse: {
      '@handfast/x509': () => all.map(parseCertificate),
      'node:crypto': () => all.map((der) => new X509Certificate(der)),
      pkijs: () => all.map((der) => pkijs.Certificate.fromBER(der)),
      '@peculiar/x509': () => all.map((der) => new peculiar.X509Certificate(der)),
    },
    read: {
      '@handfast/x509': () => {
        for (const der of all) readHere(parseCertificate(der))
      },
      'node:crypto': () => {
        for (const der of all) {
          const certificate = new X509Certificate(der)
          sink = [certificate.subject, certificate.issuer, certificate.publicKey]
          sink = [certificate.validFrom, certificate.validTo, certificate.subjectAltName]
          sink = [certificate.ca, certificate.keyUsage, certificate.infoAccess]
        }
      },
      pkijs: () => {
        for (const der of all) {
          const certificate = pkijs.Certificate.fromBER(der)
          sink = certificate.extensions?.map(({ parsedValue }) => parsedValue)
        }
      },
      '@peculiar/x509': () => {
        for (const der of all) {
          const certificate = new peculiar.X509Certificate(der)
          sink = [certificate.subject, certificate.issuer, certificate.publicKey.algorithm]
          sink = certificate.extensions
        }
      },
    },
    validate: validators(root, parsed),
    both: validators(root, fromBytes),
  }
}

/** What a server sent, as each takes it: its own certificate, and the intermediate. */
interface Sent {
  readonly handfast: readonly [Certificate | Uint8Array, Certificate | Uint8Array]
  readonly node: readonly [X509Certificate, X509Certificate]
  readonly pkijs: readonly [pkijs.Certificate, pkijs.Certificate]
  readonly peculiar: readonly [peculiar.X509Certificate, peculiar.X509Certificate]
}

function validators(root: Uint8Array, sent: Sent): Readonly<Record<string, Run>> {
  const trust = createTrustStore([root])
  const nodeRoot = new X509Certificate(root)
  const pkijsRoot = pkijs.Certificate.fromBER(root)
  const peculiarRoot = new peculiar.X509Certificate(root)
  const byHandfast = (verifiers: SignatureVerifiers) => (): Verdict => {
    const [certificate, intermediate] = sent.handfast
    return verifyCertificate({
      ...{ certificate, intermediates: [intermediate], trust, time, name: host, verifiers },
      usage: 'serverAuth',
    }) as Verdict
  }
  return {
    '@handfast/x509': byHandfast(nodeProvider.signatureVerifiers),
    '@handfast/x509, signatures taken for good': byHandfast(allGood),
    'node:crypto': () => {
      const [certificate, issuer] = sent.node
      return {
        valid:
          certificate.checkIssued(issuer) &&
          certificate.verify(issuer.publicKey) &&
          issuer.ca &&
          issuer.checkIssued(nodeRoot) &&
          issuer.verify(nodeRoot.publicKey) &&
          [certificate, issuer].every(
            ({ validFrom, validTo }) =>
              Date.parse(validFrom) <= time && time <= Date.parse(validTo),
          ) &&
          certificate.checkHost(host) !== undefined,
      }
    },
    pkijs: async () => {
      const [certificate, issuer] = sent.pkijs
      const engine = new pkijs.CertificateChainValidationEngine({
        certs: [issuer, certificate],
        trustedCerts: [pkijsRoot],
        checkDate: new Date(time),
      })
      const { result, resultMessage } = await engine.verify()
      return { valid: result, resultMessage }
    },
    '@peculiar/x509': async () => {
      const [certificate, issuer] = sent.peculiar
      const builder = new peculiar.X509ChainBuilder({ certificates: [issuer, peculiarRoot] })
      const path = await builder.build(certificate)
      const date = new Date(time)
      const good = [
        await path[0]!.verify({ publicKey: path[1]!.publicKey, date }),
        await path[1]!.verify({ publicKey: path[2]!.publicKey, date }),
      ]
      return { valid: path.length === 3 && good.every(Boolean) }
    },
  }
}

const allGood: SignatureVerifiers = Object.fromEntries(
  Object.keys(nodeProvider.signatureVerifiers).map((algorithm) => [algorithm, () => true]),
)

/** @returns microseconds of processor time for one call */
async function timeOf(run: Run, calls: number): Promise<number> {
  const start = process.cpuUsage()
  for (let i = 0; i < calls; i++) {
    const result = run()
    // Awaiting what is no promise would cost those that answer at once.
    sink = result instanceof Promise ? await result : result
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / calls
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

/** Calls so that a batch takes some 20 ms. */
async function callsFor(run: Run): Promise<number> {
  // Until the compiler has seen enough of it: half a second.
  for (const start = performance.now(); performance.now() - start < 500; ) await timeOf(run, 50)
  return Math.max(20, Math.round(20_000 / (await timeOf(run, 100))))
}

interface Result {
  readonly keys: string
  readonly what: string
  readonly by: string
  readonly microseconds: number
  /** To what @handfast/x509 takes. */
  readonly ratio: number
}
const results: Result[] = []

const isWanted = ([by]: readonly [string, Run]): boolean =>
  values.alone !== true || by.startsWith('@handfast')

async function measure(keys: string, chain: Chain): Promise<void> {
  const measured = variants(chain)
  for (const [by, run] of Object.entries({ ...measured.validate, ...measured.both })) {
    const verdict = (await run()) as { valid: boolean; failures?: unknown }
    if (!verdict.valid) throw new Error(`${by} refuses the chain: ${JSON.stringify(verdict)}`)
  }
  for (const [what, runs] of Object.entries(measured)) {
    const all = await Promise.all(
      Object.entries(runs)
        .filter(isWanted)
        .map(async ([by, run]) => ({
          ...{ by, run, calls: 0, times: [] as number[] },
        })),
    )
    for (const one of all) one.calls = await callsFor(one.run)
    for (let round = 0; round < rounds; round++) {
      for (const { run, calls, times } of all) {
        times.push(await timeOf(run, calls))
      }
    }
    for (const { by, times } of all) {
      const ratio = median(times.map((microseconds, round) => microseconds / all[0]!.times[round]!))
      results.push({ keys, what, by, microseconds: median(times), ratio })
    }
  }
}

await measure(
  'ECDSA P-256',
  makeChain(() => maker.makeEcKey()),
)
await measure(
  'RSA 2048',
  makeChain(() => maker.makeRsaKey()),
)

process.stdout.write(`Node ${process.versions.node}, medians of ${rounds} rounds\n`)
for (const { keys, what, by, microseconds, ratio } of results) {
  const figures = `${microseconds.toFixed(1).padStart(8)} µs  ×${ratio.toFixed(2)}`
  process.stdout.write(`${keys.padEnd(12)} ${what.padEnd(9)} ${by.padEnd(42)} ${figures}\n`)
  if (by.endsWith('for good')) {
    const share = Math.round((1 - ratio) * 100)
    process.stdout.write(`${keys.padEnd(12)} ${what.padEnd(9)} ${share} % is spent on signatures\n`)
  }
}
if (values.json !== undefined)
  writeFileSync(
    values.json,
    `${JSON.stringify({ node: process.versions.node, results }, null, 2)}\n`,
  )
if (sink === undefined) throw new Error('nothing was measured')
