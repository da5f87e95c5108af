import { createAuthority } from '@handfast/ca'

// The one error that is expected here: there is no such kind of key.
await createAuthority({ keyType: 'dsa-1024' })
