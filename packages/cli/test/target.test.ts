import { describe, expect, it } from 'vitest'
import { formatAddress, parsePort, parseTarget } from '../src/options/target.ts'

describe('parseTarget', () => {
  it.each([
    ['example.com', 'example.com', 443, '/'],
    ['example.com:8443', 'example.com', 8443, '/'],
    ['example.com:', 'example.com', 443, '/'],
    ['192.0.2.1:80', '192.0.2.1', 80, '/'],
    ['[2001:db8::1]:853', '2001:db8::1', 853, '/'],
    ['[2001:db8::1]', '2001:db8::1', 443, '/'],
    ['2001:db8::1', '2001:db8::1', 443, '/'],
    ['::1', '::1', 443, '/'],
    ['https://example.com', 'example.com', 443, '/'],
    ['https://example.com/a/b?c=d#e', 'example.com', 443, '/a/b?c=d'],
    ['https://example.com?c', 'example.com', 443, '/?c'],
    ['HTTPS://[::1]:8443/x', '::1', 8443, '/x'],
    ['https://user:word@example.com:444/', 'example.com', 444, '/'],
    ['bücher.example:444', 'xn--bcher-kva.example', 444, '/'],
    ['wss://example.com', 'example.com', 443, '/'],
    ['imaps://mail.example', 'mail.example', 993, '/'],
  ])('%s', (text, host, port, path) => {
    expect(parseTarget(text)).toEqual({ host, port, path, starttls: undefined })
  })

  it.each([
    ['smtp://mail.example', 'smtp', 25],
    ['postgres://db.example:6432/name', 'postgres', 6432],
    ['ldap://[::1]', 'ldap', 389],
    ['xmpp://chat.example', 'xmpp', 5222],
  ])('%s begins in the clear', (text, starttls, port) => {
    expect(parseTarget(text)).toMatchObject({ starttls, port })
  })

  it('takes the port of the protocol of --starttls', () => {
    expect(parseTarget('mail.example', 'imap')).toMatchObject({ port: 143, starttls: 'imap' })
    expect(parseTarget('mail.example:1143', 'imap')).toMatchObject({ port: 1143 })
  })

  it.each([
    ['', 'not a host'],
    [':443', 'not a host'],
    ['a b', 'not a host'],
    ['example.com:http', 'not a host'],
    ['example.com:0', 'not a port'],
    ['example.com:65536', 'not a port'],
    ['example.com:999999', 'not a host|not a port'],
    ['[example.com]:443', 'not an IPv6 address'],
    ['[::1', 'not a host'],
    ['http://example.com', 'scheme'],
    ['https://', 'not a host'],
    ['example.com/path', 'not a host'],
  ])('refuses %j', (text, message) => {
    expect(() => parseTarget(text)).toThrow(new RegExp(message))
  })

  it('says what to write for http://', () => {
    expect(() => parseTarget('http://example.com')).toThrow(
      expect.objectContaining({ exitCode: 2, help: expect.stringContaining('https://') }),
    )
  })
})

it('parsePort allows 0 only where it is asked for', () => {
  expect(parsePort('0', 0)).toBe(0)
  expect(() => parsePort('0')).toThrow(/not a port/)
  expect(() => parsePort('-1', 0)).toThrow(/not a port/)
  expect(() => parsePort('1e3')).toThrow(/not a port/)
})

it('formatAddress puts brackets around IPv6', () => {
  expect(formatAddress('::1', 443)).toBe('[::1]:443')
  expect(formatAddress('example.com', 443)).toBe('example.com:443')
})
