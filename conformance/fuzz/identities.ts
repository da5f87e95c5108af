/** Who the two ends are: read from a file, so that a target needs nothing that answers later. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Authority, createAuthority, type IssueOptions } from '../../packages/ca/src/index.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node/index.ts'
import type { Identity } from '../../packages/handfast/src/index.ts'

interface Stored {
  /** Milliseconds since 1970: when they were made, and what the targets' clocks say for ever after. */
  readonly time: number
  readonly root: string
  readonly identities: Readonly<
    Record<'server' | 'rsa' | 'client', { chain: string[]; key: string }>
  >
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))

/** @param folder where `readIdentities` looks. @returns the authority of all of them */
export async function writeIdentities(folder: string): Promise<Authority> {
  const authority = await createAuthority()
  const issue = async (options: IssueOptions) => {
    const { chainDer, keyDer } = await authority.issue(options)
    return { chain: chainDer.map(base64), key: base64(keyDer) }
  }
  const stored: Stored = {
    time: Date.now(),
    root: base64(authority.certificateDer),
    identities: {
      server: await issue({ names: ['server.test'] }),
      rsa: await issue({ names: ['server.test'], keyType: 'rsa-2048' }),
      client: await issue({ names: ['client.test'], client: true }),
    },
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'identities.json'), JSON.stringify(stored))
  return authority
}

export function readIdentities(folder: string) {
  const stored: Stored = JSON.parse(readFileSync(join(folder, 'identities.json'), 'utf8'))
  const identityOf = ({ chain, key }: { chain: string[]; key: string }): Identity => ({
    certificateChain: chain.map(bytesOf),
    // The provider of Node answers at once.
    signingKey: nodeProvider.importPrivateKey(bytesOf(key)) as Identity['signingKey'],
  })
  const { server, rsa, client } = stored.identities
  return {
    time: stored.time,
    root: bytesOf(stored.root),
    server: [identityOf(server), identityOf(rsa)],
    client: identityOf(client),
  }
}
