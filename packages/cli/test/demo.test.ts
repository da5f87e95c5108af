/** `handfast demo`: what `npm start` shows. */
import { expect, it } from 'vitest'
import { runCli } from './support/cli.ts'

it('shows a handshake, its answer and its resumption, explained, and exits with 0', async () => {
  const { code, stdout, stderr } = await runCli(['demo'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const order = [
    'Before: a certificate',
    'handfast local CA',
    'The handshake',
    '─── ClientHello ─',
    'The client opens the conversation',
    '◀── ServerHello ─',
    '→ group                 X25519MLKEM768',
    '◀══ EncryptedExtensions ═',
    '◀══ Certificate ═',
    '◀══ CertificateVerify ═',
    '✓ CertificateVerify',
    '◀══ Finished ═',
    '═══ Finished ═',
    '═══ application data ═',
    '◀══ NewSessionTicket ═',
    'The key schedule',
    'client_handshake_traffic_secret',
    'server_application_traffic_secret_0',
    'resumption_master_secret',
    'The certificate check',
    '✓ name',
    '✓ Secure: this is localhost',
    'The first answer',
    'HTTP/1.1 200 OK',
    'Hello!',
    'Again, with the ticket',
    'the session is taken',
    'What the session saved',
    'certificates sent',
    'What next',
  ]
  let at = 0
  for (const part of order) {
    const found = stdout.indexOf(part, at)
    expect(found, `${part} in its place`).toBeGreaterThanOrEqual(at)
    at = found
  }
  expect(stdout).toMatch(/from the server +\d+ bytes +\d+ bytes +\d+ bytes less/)
  expect(stdout).toMatch(/certificates sent +1 +0 +1 less/)
  expect(stdout).toMatch(/time, median of \d+ +[\d.]+ ms +[\d.]+ ms/)
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
})

it('can leave the explanations out, and show the bytes', async () => {
  const { stdout } = await runCli(['demo', '--no-explain', '--bytes'])
  expect(stdout).not.toContain('The client opens the conversation')
  expect(stdout).toMatch(/host_name: localhost/)
})

it('shows the handshakes of TLS 1.2 that textbooks describe, with both certificates', async () => {
  const words = ['demo', '--mutual', '--ciphers', 'AES128-SHA']
  const { code, stdout, stderr } = await runCli(words)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const order = [
    'a TLS 1.2 handshake',
    'The client has one too',
    'RFC 5246',
    '◀── CertificateRequest ─',
    '◀── ServerHelloDone ─',
    '─── Certificate ─',
    '─── ClientKeyExchange ─',
    'no forward secrecy',
    '─── CertificateVerify ─',
    '─── change_cipher_spec ─',
    '═══ Finished ═',
    'premaster_secret',
    'What later versions do otherwise',
    'Hello!',
    'Again, with the ticket',
    'What the session saved',
    'no fresh key exchange is made either',
  ]
  let at = 0
  for (const part of order) {
    const found = stdout.indexOf(part, at)
    expect(found, `${part} in its place`).toBeGreaterThanOrEqual(at)
    at = found
  }
})
