import { describe, expect, it } from 'vitest'
import { parseFlags } from './shim/flags.ts'
import { Unimplemented } from './shim/settings.ts'

describe('the flags of the shim', () => {
  it('apply to every connection, or with a prefix to one kind', () => {
    const { initial, resume } = parseFlags([
      '-server',
      '-on-initial-expect-curve-id',
      '29',
      '-on-resume-expect-curve-id',
      '23',
      '-shim-id',
      '18446744073709551615',
    ])
    expect([initial.server, resume.server]).toEqual([true, true])
    expect([initial.expectCurve, resume.expectCurve]).toEqual([29, 23])
    expect(initial.shimId).toBe(2n ** 64n - 1n)
  })

  it('pass over what is said of another process, with its value', () => {
    const { initial } = parseFlags([
      '-on-handshaker-max-version',
      '771',
      '-on-handshaker-on-resume-no-ticket',
      '-on-shim-max-version',
      '772',
    ])
    expect(initial).toMatchObject({ maxVersion: 772, noTicket: false })
  })

  it('collect lists, in order', () => {
    const { initial } = parseFlags(['-curves', '29', '-curves', '23', '-no-key-shares'])
    expect(initial).toMatchObject({ curves: [29, 23], keyShares: [] })
  })

  it('describe the default credential, then each that is begun', () => {
    const { initial, resume } = parseFlags([
      '-cert-file',
      'default.pem',
      '-new-x509-credential',
      '-cert-file',
      'first.pem',
      '-must-match-issuer',
      '-on-resume-new-x509-credential',
      '-on-resume-cert-file',
      'second.pem',
    ])
    expect(initial.defaultCredential.certificateFile).toBe('default.pem')
    expect(initial.credentials).toMatchObject([
      { certificateFile: 'first.pem', mustMatchIssuer: true },
    ])
    expect(resume.credentials.map(({ certificateFile }) => certificateFile)).toEqual([
      'first.pem',
      'second.pem',
    ])
  })

  it('say what is missing', () => {
    expect(() => parseFlags(['-dtls'])).toThrow(new Unimplemented('DTLS'))
    expect(() => parseFlags(['-nobody-knows-this'])).toThrow(Unimplemented)
  })

  it('want their values', () => {
    expect(() => parseFlags(['-port'])).toThrow('-port wants a value')
    expect(() => parseFlags(['-port', 'many'])).toThrow('not an integer')
  })
})
