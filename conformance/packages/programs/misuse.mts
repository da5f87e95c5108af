// One error is expected here: there is no such kind of key.

import { createAuthority } from '@handfast/ca'

await createAuthority({ keyType: 'dsa-1024' })
