const { X509Certificate } = require('node:crypto')
const { createAuthority } = require('@handfast/ca')

async function main() {
  const authority = await createAuthority()
  const { certificate } = await authority.issue({ names: ['localhost'] })
  const root = new X509Certificate(authority.root)
  if (!new X509Certificate(certificate).verify(root.publicKey)) throw new Error('wrong signature')
  console.log('ok')
}

main()
