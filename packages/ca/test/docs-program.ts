import { createDirectory } from '@handfast/ca/node'

const directory = await createDirectory('./ca')
const { chain, key, serialNumber } = await directory.issue({ names: ['localhost'] })
await directory.revoke({ authority: 'root', serialNumber }, 'superseded')
const [earlier] = directory.find(serialNumber)
const renewed = await directory.renew(earlier!)
const list = await directory.revocationList() // DER

console.log(directory.list().length, renewed.serialNumber !== serialNumber, chain, key, list.length)
