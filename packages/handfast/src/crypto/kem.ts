/**
 * A key exchange without its code point: what a group is made of, and what a hybrid composes. `name` is for error
 * messages; everything else is as `KeyExchangeGroup` says.
 */
import type { KeyExchangeGroup } from './provider.ts'

export type Kem = Omit<KeyExchangeGroup, 'id'>
