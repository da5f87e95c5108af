/** Certificates of the ends, right ones and flawed ones, for our engine and in PEM for the others. */
import { createAuthority, type IssueOptions } from '../../packages/ca/src/index.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import type { Identity } from '../../packages/handfast/src/index.ts'
import { authority } from '../../packages/handfast/test/engine/pair.ts'
import type { Configuration, Flaw } from './cases.ts'

export interface Credential {
  readonly identity: Identity
  readonly certificate: string
  readonly key: string
}

const stranger = await createAuthority()

async function credential(options: IssueOptions, by = authority): Promise<Credential> {
  const { chain, chainDer, key, keyDer } = await by.issue(options)
  const signingKey = await nodeProvider.importPrivateKey(keyDer)
  return { identity: { certificateChain: [...chainDer], signingKey }, certificate: chain, key }
}

const names = ['server.test']
const yesterday = new Date(Date.now() - 86_400_000)
const flawed: Partial<Record<Flaw, (options: IssueOptions) => Promise<Credential>>> = {
  expired: (options) => credential({ ...options, notAfter: yesterday }),
  'another name': (options) => credential({ ...options, names: ['other.test'] }),
  'for a client': (options) => credential({ ...options, client: true }),
  stranger: (options) => credential(options, stranger),
}

const servers = new Map<string, Credential>()
for (const keyType of ['ec-p256', 'rsa-2048', 'ed25519'] as const) {
  servers.set(keyType, await credential({ names, keyType }))
  for (const [flaw, make] of Object.entries(flawed))
    servers.set(`${keyType} ${flaw}`, await make({ names, keyType }))
}
const client = await credential({ names: ['client.test'], client: true })
const clients: Partial<Record<Flaw, Credential | undefined>> = {
  'no certificate': undefined,
  stranger: await credential({ names: ['client.test'], client: true }, stranger),
  'for a server': await credential({ names: ['client.test'] }),
}

export const root: string = authority.certificate

/** @param flaw of this end; the other one has its own */
export function serverCredential({ keyType }: Configuration, flaw?: Flaw): Credential {
  return servers.get(`${keyType} ${flaw}`) ?? servers.get(keyType)!
}

/** @returns undefined where the client has none to show */
export function clientCredential(
  { clientAuth }: Configuration,
  flaw?: Flaw,
): Credential | undefined {
  if (clientAuth === 'none') return undefined
  return flaw !== undefined && flaw in clients ? clients[flaw] : client
}

/** The external key of both ends. */
export const externalKey: { readonly identity: string; readonly key: Uint8Array } = {
  identity: 'both of us',
  key: nodeProvider.random(32),
}
