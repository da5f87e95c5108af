import { X509Certificate } from 'node:crypto'
import { createAuthority } from '@handfast/ca'

const authority = await createAuthority()
const { certificate } = await authority.issue({ names: ['localhost'] })
const root = new X509Certificate(authority.root)
if (!new X509Certificate(certificate).verify(root.publicKey)) throw new Error('wrong signature')
console.log('ok')
