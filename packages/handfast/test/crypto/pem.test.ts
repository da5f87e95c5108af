/** The decoder is that of @handfast/x509 and is tested there: here, what this library adds to it. */
import { describe, expect, it } from 'vitest'
import { ConfigurationError, decodePem, encodePem } from '../../src/index.ts'

describe('PEM', () => {
  it('comes back as it was', () => {
    const der = Uint8Array.from({ length: 100 }, (_, i) => i)
    const [block, ...more] = decodePem(`a comment\n${encodePem('PUBLIC KEY', der)}`)
    expect(more).toEqual([])
    expect(block).toEqual({ label: 'PUBLIC KEY', der, line: 2, headers: new Map() })
  })

  it("is the caller's mistake where it is broken, told with the block and the line", () => {
    let thrown: unknown
    try {
      decodePem('x\n-----BEGIN KEY-----\nAAAA\n')
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect((thrown as ConfigurationError).code).toBe('ERR_BAD_PEM')
    expect((thrown as ConfigurationError).message).toMatch(/KEY that begins at line 2 has no END/)
  })

  it('passes what is no text on as it is: a mistake in the program', () => {
    expect(() => decodePem(undefined as unknown as string)).toThrow(TypeError)
  })
})
