/** In which messages an extension may stand: the table of RFC 8446 §4.2, row by row, against the descriptions. */
import { describe, expect, it } from 'vitest'
import type { ExtensionContext } from '../../src/codec/extension.ts'
import { knownExtension, refuseMisplaced } from '../../src/codec/extensions/index.ts'
import { ExtensionType } from '../../src/codec/registry.ts'

/** As printed: CH ClientHello, SH ServerHello, EE EncryptedExtensions, CT Certificate, CR CertificateRequest, … */
const table: Readonly<Partial<Record<keyof typeof ExtensionType, string>>> = {
  server_name: 'CH, EE',
  max_fragment_length: 'CH, EE',
  status_request: 'CH, CR, CT',
  supported_groups: 'CH, EE',
  signature_algorithms: 'CH, CR',
  use_srtp: 'CH, EE',
  heartbeat: 'CH, EE',
  application_layer_protocol_negotiation: 'CH, EE',
  signed_certificate_timestamp: 'CH, CR, CT',
  client_certificate_type: 'CH, EE',
  server_certificate_type: 'CH, EE',
  padding: 'CH',
  key_share: 'CH, SH, HRR',
  pre_shared_key: 'CH, SH',
  psk_key_exchange_modes: 'CH',
  early_data: 'CH, EE, NST',
  cookie: 'CH, HRR',
  supported_versions: 'CH, SH, HRR',
  certificate_authorities: 'CH, CR',
  oid_filters: 'CR',
  post_handshake_auth: 'CH',
  signature_algorithms_cert: 'CH, CR',
}

const messages: Readonly<Record<string, ExtensionContext>> = {
  CH: 'ClientHello',
  SH: 'ServerHello',
  EE: 'EncryptedExtensions',
  CT: 'Certificate',
  CR: 'CertificateRequest',
  NST: 'NewSessionTicket',
  HRR: 'HelloRetryRequest',
}

describe('RFC 8446 §4.2', () => {
  for (const [name, row] of Object.entries(table)) {
    const type = ExtensionType[name as keyof typeof ExtensionType]
    const extension = knownExtension(type)
    // What this library does not read at all is ignored wherever it may be ignored.
    if (extension === undefined) continue
    it(`${name}: ${row}`, () => {
      const allowed = row.split(', ')
      for (const [short, context] of Object.entries(messages)) {
        const stands = extension.in[context] !== undefined
        expect(stands, `${name} in ${context}`).toBe(allowed.includes(short))
        if (!stands)
          expect(() => refuseMisplaced([{ type, data: new Uint8Array(0) }], context)).toThrow(
            expect.objectContaining({ alert: 'illegal_parameter', section: 'RFC 8446 §4.2' }),
          )
      }
    })
  }

  it('is about most of what this library knows', () => {
    const known = Object.values(ExtensionType).filter((type) => knownExtension(type) !== undefined)
    expect(known.length).toBeGreaterThan(17)
  })
})
