import { createAuthority, type IssuedCertificate } from '@handfast/ca'

const authority = await createAuthority({ keyType: 'ec-p384' })
const issued: IssuedCertificate = await authority.issue({ names: ['localhost'], days: 1 })
export const chain: string = issued.chain
