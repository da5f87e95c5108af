import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordHeader } from '../../src/record/protection.ts'
import type { Field, RecordEvent, TraceEvent } from '../../src/trace/index.ts'
import { annotate, annotateMessage } from '../../src/trace/index.ts'
import { events } from './connections.ts'
import { messages, plaintextRecords, vectorsFound } from './rfc8448.ts'
import { certificate, samples, samples12 } from './samples.ts'

/** The fields without children, in order. */
function leaves(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => (field.children.length === 0 ? [field] : leaves(field.children)))
}

/** Every byte belongs to exactly one leaf, in order, and each parent is exactly as wide as its children. */
function expectWholeCover(fields: readonly Field[], start: number, end: number): void {
  let at = start
  for (const field of fields) {
    expect(field.start, field.name).toBe(at)
    expect(field.end, field.name).toBeGreaterThanOrEqual(field.start)
    if (field.children.length > 0) expectWholeCover(field.children, field.start, field.end)
    at = field.end
  }
  expect(at).toBe(end)
}

/** Finds a field by names, `extensions/key_share/client_shares`; an extension by its value. */
function find(fields: readonly Field[], path: string): Field {
  const [first, ...others] = path.split('/')
  const found = fields.find(
    ({ name, type, value }) => name === first || (type === 'Extension' && value === first),
  )
  if (found === undefined) throw new Error(`no ${first} among ${fields.map(({ name }) => name)}`)
  return others.length === 0 ? found : find(found.children, others.join('/'))
}

function problems(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [
    ...(field.problem === undefined ? [] : [field]),
    ...problems(field.children),
  ])
}

const base = { time: 0, role: 'client', direction: 'received' } as const
const everyMessage = [
  ...messages,
  ...Object.entries(samples).map(([name, bytes]) => ({ name, bytes })),
]

describe('every byte belongs to exactly one leaf', () => {
  test.each(everyMessage)('$name', ({ bytes }) => {
    const fields = annotateMessage(bytes)
    expectWholeCover(fields, 0, bytes.length)
    for (const leaf of leaves(fields)) expect(leaf.value, leaf.name).toBeTypeOf('string')
    for (const leaf of leaves(fields)) expect(leaf.section, leaf.name).toBeTypeOf('string')
  })

  test.each(samples12)('$name of TLS 1.2, $keyExchange', ({ name, keyExchange, bytes }) => {
    const form = { version: 0x0303, keyExchange, protection: 'plaintext' } as const
    const fields = annotate({ ...base, type: 'message', name, bytes, ...form })
    expectWholeCover(fields, 0, bytes.length)
    expect(problems(fields).filter(({ value }) => value !== '30'.repeat(12))).toEqual([])
    for (const leaf of leaves(fields)) expect(leaf.value, leaf.name).toBeTypeOf('string')
    for (const leaf of leaves(fields)) expect(leaf.section, leaf.name).toBeTypeOf('string')
  })

  test.skipIf(!vectorsFound)('of the 40 messages of RFC 8448, none has a problem', () => {
    expect(messages).toHaveLength(40)
    for (const { name, bytes } of messages)
      expect(problems(annotateMessage(bytes)), name).toEqual([])
  })

  test('of every message and record of real connections', () => {
    const withBytes = events.filter(({ type }) => type === 'message' || type === 'record')
    expect(withBytes.length).toBeGreaterThan(300)
    for (const event of withBytes)
      if ('bytes' in event) expectWholeCover(annotate(event), 0, event.bytes.length)
  })

  test('of a message that was cut or changed anywhere', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...everyMessage),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        ({ bytes }, place, value, cut) => {
          const changed = bytes.slice()
          const at = place % changed.length
          changed[at] = value
          const whole = cut ? changed.subarray(0, at) : changed
          expectWholeCover(annotateMessage(whole), 0, whole.length)
        },
      ),
      {
        numRuns: 2000,
        // Within status_request, whose content is read by itself.
        examples: [113, 115, 116, 117, 118].map((at) => [
          { name: 'ClientHello', bytes: samples.ClientHello! },
          at,
          15,
          false,
        ]),
      },
    )
  })

  test('of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectWholeCover(annotateMessage(bytes), 0, bytes.length)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('values are good to read', () => {
  const clientHello = annotateMessage(samples.ClientHello!)

  test.each([
    ['msg_type', 'client_hello'],
    ['length', `${samples.ClientHello!.length - 4} bytes`],
    ['legacy_version', 'TLS 1.2'],
    ['random', '01'.repeat(32)],
    [
      'cipher_suites',
      'GREASE (0x0a0a), TLS_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ' +
        'TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
    ],
    ['legacy_compression_methods', 'null'],
    ['extensions/server_name/server_name_list', 'example.com'],
    ['extensions/server_name/server_name_list/ServerName/name_type', 'host_name'],
    ['extensions/key_share/client_shares', 'GREASE (0x2a2a) (1 byte), x25519 (32 bytes)'],
    [
      'extensions/application_layer_protocol_negotiation/protocol_name_list',
      'GREASE (0x3a3a), h2, http/1.1',
    ],
    [
      'extensions/supported_groups/named_group_list',
      'GREASE (0x1a1a), X25519MLKEM768, x25519, MLKEM512',
    ],
    [
      'extensions/signature_algorithms/supported_signature_algorithms',
      'GREASE (0x0a0a), ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, sha224 with ecdsa',
    ],
    ['extensions/supported_versions/versions', 'GREASE (0x5a5a), TLS 1.3, TLS 1.2'],
    ['extensions/psk_key_exchange_modes/ke_modes', 'GREASE (0x0b), psk_dhe_ke'],
    ['extensions/certificate_authorities/authorities', 'CN=authority'],
    ['extensions/padding/padding', '5 bytes'],
    ['extensions/record_size_limit/record_size_limit', '16385 bytes'],
    ['extensions/heartbeat/extension_data', '01'],
    ['extensions/renegotiation_info/renegotiated_connection', 'empty'],
    ['extensions/delegated_credential/extension_data', '070707070707'],
  ])('ClientHello: %s', (path, value) => {
    expect(find(clientHello, path).value).toBe(value)
  })

  test('sections are those of the RFC that defines the field', () => {
    expect(find(clientHello, 'random').section).toBe('RFC 8446 §4.1.2')
    expect(find(clientHello, 'extensions/server_name/server_name_list').section).toBe('RFC 6066 §3')
    expect(find(clientHello, 'extensions/padding/padding').section).toBe('RFC 7685 §3')
  })

  test('a HelloRetryRequest is known by its random, and its extensions have their own forms', () => {
    const fields = annotateMessage(samples.HelloRetryRequest!)
    expect(find(fields, 'random').value).toMatch(/^cf21ad74.* \(HelloRetryRequest\)$/)
    expect(find(fields, 'extensions/key_share/selected_group').value).toBe('secp256r1')
  })

  test('a downgrade sentinel is said (RFC 8446 §4.1.3)', () => {
    const bytes = samples.ServerHello!.slice()
    bytes.set([0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01], 4 + 2 + 24)
    expect(find(annotateMessage(bytes), 'random').value).toContain('DOWNGRD')
  })

  test('lifetimes have a unit, times of a log are dates', () => {
    expect(find(annotateMessage(samples.NewSessionTicket!), 'ticket_lifetime').value).toBe(
      '7200 seconds',
    )
    const path =
      'certificate_list/CertificateEntry/extensions/signed_certificate_timestamp/sct_list'
    const sct = find(annotateMessage(samples.Certificate!), path).children[1]!
    expect(find(sct.children, 'timestamp').value).toBe('2024-01-01T00:00:00.000Z')
    expect(find(sct.children, 'sct_version').value).toBe('v1')
  })

  test('a certificate is shown by its subject, and opened when it is looked into', () => {
    const list = find(annotateMessage(samples.Certificate!), 'certificate_list')
    const data = find(list.children, 'CertificateEntry/cert_data')
    expect(Object.getOwnPropertyDescriptor(data, 'children')?.get).toBeDefined()
    expect(data.value).toBe('CN=example.com')
    const tbs = find(data.children, 'certificate/tbsCertificate')
    expect(find(tbs.children, 'extensions/subjectAltName').value).toContain('example.com')
    const key = find(tbs.children, 'subjectPublicKeyInfo')
    const spki = samples.Certificate!.subarray(key.start, key.end)
    expect(Buffer.from(certificate).includes(Buffer.from(spki))).toBe(true)
    expect([spki[0], spki.length]).toEqual([0x30, 91]) // a P-256 key is 91 bytes of DER
  })

  test('what should be a certificate and is not says so', () => {
    const list = find(annotateMessage(samples.Certificate!), 'certificate_list')
    const broken = list.children[2]!.children[0]!
    expect(broken.name).toBe('cert_data')
    expect(broken.problem).toMatch(/certificate/)
    expect(broken.value).toBe('30'.repeat(12))
  })
})

describe('a message that does not decode', () => {
  test('gives the fields up to the failure, and says where it broke', () => {
    const bytes = samples.ServerHello!.subarray(0, 60)
    const fields = annotateMessage(bytes)
    expect(find(fields, 'random').value).toBe('03'.repeat(32))
    expect(find(fields, 'length').problem).toMatch(/announced, 56 bytes there/)
    const broken = find(fields, 'legacy_session_id_echo')
    expect(broken.problem).toMatch(/a length of 32 bytes is announced, 21 left/)
  })

  test('a broken extension does not hide those behind it', () => {
    const bytes = samples.ClientHello!.slice()
    const groups = find(annotateMessage(bytes), 'extensions/supported_groups/named_group_list')
    bytes[groups.start + 1]! += 1 // the list is announced longer than it is
    const fields = annotateMessage(bytes)
    const found = problems(fields)
    expect(found.map(({ name }) => name)).toEqual(['named_group_list'])
    expect(found[0]!.problem).toMatch(/a length of 9 bytes is announced, 8 left/)
    expect(find(fields, 'extensions/pre_shared_key/binders').value).toBe('07'.repeat(32))
  })

  test('bytes behind its end are told', () => {
    const bytes = Uint8Array.from([...samples.KeyUpdate!, 1, 2, 3])
    const rest = annotateMessage(bytes).at(-1)!
    expect(rest).toMatchObject({
      name: 'undecoded',
      start: 5,
      end: 8,
      problem: '3 bytes left over',
    })
  })

  test('a type that nobody knows keeps its body', () => {
    const fields = annotateMessage(Uint8Array.of(99, 0, 0, 2, 0xab, 0xcd))
    expect(fields.map(({ name, value }) => [name, value])).toEqual([
      ['msg_type', '0x63'],
      ['length', '2 bytes'],
      ['body', 'abcd'],
    ])
  })
})

describe('records', () => {
  const record = (
    event: Omit<RecordEvent, 'type' | 'time' | 'role' | 'direction'>,
  ): RecordEvent => ({
    type: 'record',
    ...base,
    ...event,
  })

  test.skipIf(!vectorsFound)('of RFC 8448, before keys are in force', () => {
    expect(plaintextRecords.length).toBeGreaterThan(10)
    for (const bytes of plaintextRecords) {
      const contentType = bytes[0] === 20 ? 'change_cipher_spec' : 'handshake'
      const fields = annotate(
        record({
          contentType,
          innerType: contentType,
          protection: 'plaintext',
          generation: 0,
          sequenceNumber: 0,
          bytes,
          content: bytes.subarray(5),
          padding: 0,
        }),
      )
      expectWholeCover(fields, 0, bytes.length)
      expect(find(fields, 'type').value).toBe(contentType)
      expect(find(fields, 'length').value).toMatch(new RegExp(`^${bytes.length - 5} bytes?$`))
    }
  })

  test('protected: what is inside, in its places', () => {
    const bytes = Uint8Array.from([...recordHeader(23, 2 + 1 + 3 + 16), ...new Uint8Array(22)])
    const fields = annotate(
      record({
        contentType: 'application_data',
        innerType: 'alert',
        protection: 'application',
        generation: 0,
        sequenceNumber: 5,
        bytes,
        content: Uint8Array.of(1, 0),
        padding: 3,
      }),
    )
    expectWholeCover(fields, 0, bytes.length)
    expect(find(fields, 'opaque_type').value).toBe('application_data')
    const inside = find(fields, 'encrypted_record').children
    expect(inside.map(({ name, start, end }) => [name, end - start])).toEqual([
      ['content', 2],
      ['type', 1],
      ['zeros', 3],
      ['tag', 16],
    ])
    expect(find(inside, 'type').value).toBe('alert, encrypted')
  })
})

describe('alerts and the rest', () => {
  test('an alert is its two bytes', () => {
    const fields = annotate({
      type: 'alert',
      ...base,
      level: 'fatal',
      description: 'handshake_failure',
    })
    expect(fields.map(({ name, value, start, end }) => [name, value, start, end])).toEqual([
      ['level', 'fatal', 0, 1],
      ['description', 'handshake_failure', 1, 2],
    ])
  })

  test('an alert without a name in the engine keeps its number, and the name that IANA gives it', () => {
    const fields = annotate({ type: 'alert', ...base, level: 'fatal', description: '0x79' })
    expect(fields[1]!.value).toBe('ech_required')
  })

  test('an event without bytes has no fields', () => {
    const event: TraceEvent = { type: 'state', time: 0, role: 'client', step: 'connected' }
    expect(annotate(event)).toEqual([])
  })
})
