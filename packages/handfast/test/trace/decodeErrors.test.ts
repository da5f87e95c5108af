import { describe, expect, test } from 'vitest'
import { findExtension } from '../../src/codec/extension.ts'
import { keyShare } from '../../src/codec/extensions/key_share.ts'
import { ClientHello, ServerHello } from '../../src/codec/messages.ts'
import { ExtensionType } from '../../src/codec/registry.ts'
import { decode } from '../../src/codec/wire.ts'
import { TlsError } from '../../src/errors.ts'
import { samples } from './samples.ts'

const body = (name: string) => samples[name]!.slice(4)

function errorOf(action: () => unknown): TlsError {
  try {
    action()
  } catch (error) {
    if (error instanceof TlsError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Where a byte string stands. */
function indexOf(bytes: Uint8Array, ...wanted: number[]): number {
  const at = Buffer.from(bytes).indexOf(Buffer.from(wanted))
  if (at < 0) throw new Error('not found')
  return at
}

describe('an error of decoding names the field', () => {
  test('that is cut off', () => {
    const error = errorOf(() => decode(ServerHello, body('ServerHello').subarray(0, 20)))
    expect(error.code).toBe('ERR_DECODE')
    expect(error.alert).toBe('decode_error')
    expect(error.message).toBe('ServerHello.random: 32 bytes wanted, 18 left (at byte 2)')
  })

  test('whose length is out of range', () => {
    const bytes = body('ClientHello')
    bytes[34] = 33 // legacy_session_id<0..32>
    const { message } = errorOf(() => decode(ClientHello, bytes))
    expect(message).toMatch(
      /^ClientHello\.legacy_session_id: a length of 33 .* 0\.\.32 \(at byte 35\)$/,
    )
  })

  test('in an element of a list', () => {
    const bytes = body('ClientHello')
    const at = indexOf(bytes, 0, 8, 0x0a, 0x0a, 0x13, 0x01)
    bytes[at + 1] = 7 // an odd length: the last of four suites is half there
    const { message } = errorOf(() => decode(ClientHello, bytes))
    expect(message).toMatch(/^ClientHello\.cipher_suites\[3\]: 2 bytes wanted, 1 left/)
  })

  test('in the frame of an extension', () => {
    const bytes = body('ClientHello')
    const { length } = bytes
    const { message } = errorOf(() => {
      const cut = bytes.slice(0, length - 1)
      const view = new DataView(cut.buffer)
      const at = indexOf(bytes, 1, 0) + 2 // behind legacy_compression_methods
      view.setUint16(at, view.getUint16(at) - 1)
      decode(ClientHello, cut)
    })
    expect(message).toMatch(
      /^ClientHello\.extensions\.pre_shared_key: a length of \d+ bytes is announced, \d+ left/,
    )
  })

  test('in the body of an extension, where that is read', () => {
    const { extensions } = decode(ClientHello, body('ClientHello'))
    const damaged = extensions.map((extension) =>
      extension.type === ExtensionType.key_share
        ? { ...extension, data: extension.data.slice(0, -3) }
        : extension,
    )
    const inList = damaged.map((extension) => {
      if (extension.type !== ExtensionType.key_share) return extension
      const data = extension.data.slice()
      data[1]! -= 3
      return { ...extension, data }
    })
    expect(errorOf(() => findExtension(damaged, keyShare, 'ClientHello')).message).toMatch(
      /^ClientHello\.extensions\.key_share\.client_shares: a length of 41 bytes is announced, 38 left/,
    )
    expect(errorOf(() => findExtension(inList, keyShare, 'ClientHello')).message).toMatch(
      /^ClientHello\.extensions\.key_share\.client_shares\[1\]\.key_exchange: a length of 32 bytes is announced, 29 left/,
    )
  })

  test('of a message that is as long as one may be, soon', () => {
    const bytes = body('ClientHello')
    const suites = new Uint8Array(65_534)
    const at = 2 + 32 + 1 + 32
    const long = Uint8Array.from([...bytes.subarray(0, at), 0xff, 0xfe, ...suites, 1])
    const start = performance.now()
    const { message } = errorOf(() => decode(ClientHello, long))
    expect(message).toMatch(/^ClientHello\.legacy_compression_methods: a length of 1 byte /)
    expect(performance.now() - start).toBeLessThan(500)
  })

  test('or says that bytes are left over', () => {
    const bytes = Uint8Array.from([...body('ServerHello'), 0])
    expect(errorOf(() => decode(ServerHello, bytes)).message).toMatch(
      /^ServerHello: 1 byte left over \(at byte \d+\)$/,
    )
  })
})
