/**
 * PEM armour (RFC 7468): base64 in lines of 64 characters between the labels, with a line feed at
 * the end, so that blocks can simply be joined.
 */
export function pem(label: 'CERTIFICATE' | 'PRIVATE KEY', der: Uint8Array): string {
  let binary = ''
  for (const byte of der) binary += String.fromCharCode(byte)
  const lines = btoa(binary).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
