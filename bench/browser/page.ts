/** What `bench/browser.ts` runs in a browser's page: two engines in memory, over each provider that a page can have. */
import {
  type Connection,
  certificateVerifier,
  clientConnectionOf,
  serverConnectionOf,
  tls13Client,
  tls13Server,
} from 'handfast'
import { nobleProvider } from 'handfast/crypto/noble'
import { webProvider } from 'handfast/crypto/web'
import { wantedBy } from '../support/wanted.ts'

/** What the page is told. Bytes are arrays of numbers. */
export interface Task {
  readonly chain: readonly (readonly number[])[]
  readonly key: readonly number[]
  readonly root: readonly number[]
  readonly serverName: string
  /** Of each measurement. */
  readonly seconds: number
  /** Texts of the names that are wanted; see wanted.ts. */
  readonly only: string
}

export interface Figure {
  readonly name: string
  readonly unit: string
  readonly figure: number
}

/** Carries records between the two until `done` or until one of them failed. */
function untilDone(
  client: Connection,
  server: Connection,
  onData: (length: number) => void,
  done: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const pump = () => {
      for (let moved = true; moved; ) {
        moved = false
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          for (let event = from.nextEvent(); event !== undefined; event = from.nextEvent()) {
            if (event.type === 'failed') reject(event.error)
            if (event.type === 'data') onData(event.data.length)
          }
          for (const record of from.takeOutput()) {
            to.receive(record)
            moved = true
          }
        }
      }
      if (done()) resolve()
    }
    client.onProgress = pump
    server.onProgress = pump
    pump()
  })
}

const bytes = (numbers: readonly number[]) => Uint8Array.from(numbers)

export async function measure(task: Task): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const wants = wantedBy(task.only)
  for (const crypto of [webProvider, nobleProvider]) {
    const signingKey = await crypto.importPrivateKey(bytes(task.key))
    const identity = { certificateChain: task.chain.map(bytes), signingKey }
    const verifyCertificate = certificateVerifier({ crypto, trust: [bytes(task.root)] })
    const pair = (groups: readonly number[], cipherSuites: readonly number[]) => {
      const common = { crypto, clock: Date.now, groups, cipherSuites }
      const { serverName } = task
      const client = { ...common, serverName, verifyCertificate }
      return [
        clientConnectionOf([tls13Client], client),
        serverConnectionOf([tls13Server], { ...common, identity }),
      ] as const
    }
    const handshake = async (groups: readonly number[], suites: readonly number[]) => {
      const [client, server] = pair(groups, suites)
      const complete = () => client.info !== undefined && server.info !== undefined
      await untilDone(client, server, () => {}, complete)
      return [client, server] as const
    }
    const suiteIds = crypto.cipherSuites.map(({ id }) => id)
    for (const name of ['x25519', 'secp256r1', 'X25519MLKEM768']) {
      const title = `${crypto.name}: full handshakes, ${name}`
      if (!wants(title)) continue
      const groups = crypto.groups.filter((group) => group.name === name).map(({ id }) => id)
      const start = performance.now()
      let count = 0
      while (performance.now() - start < task.seconds * 1000) {
        for (const end of await handshake(groups, suiteIds)) end.destroy()
        count++
      }
      const figure = (count * 1000) / (performance.now() - start)
      figures.push({ name: title, unit: '1/s', figure })
    }
    for (const suite of crypto.cipherSuites) {
      const title = `${crypto.name}: bulk, ${suite.name}`
      if (!wants(title)) continue
      const [client, server] = await handshake([0x001d], [suite.id])
      const block = new Uint8Array(1 << 20)
      const start = performance.now()
      let sent = 0
      let received = 0
      while (performance.now() - start < task.seconds * 1000) {
        client.write(block)
        sent += block.length
        const count = (length: number) => (received += length)
        await untilDone(client, server, count, () => received === sent)
      }
      const figure = received / 1e6 / ((performance.now() - start) / 1000)
      figures.push({ name: title, unit: 'MB/s', figure })
      for (const end of [client, server]) end.destroy()
    }
  }
  return figures
}
