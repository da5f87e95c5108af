// Issues certificates, as many as it can until it is killed, or as many as it is told; writes each serial number once the
// certificate is in its hands. Runs from the built package, as a process of its own.
import { openDirectory } from '@handfast/ca/node'

const [, , path, count = 'Infinity'] = process.argv
const directory = openDirectory(path)
for (let made = 0; made < Number(count); made++) {
  const { serialNumber } = await directory.issue({ names: ['a.example.test'] })
  process.stdout.write(`${serialNumber}\n`)
  if (made % 3 === 2) await directory.revoke({ authority: 'root', serialNumber }, 'superseded')
  if (made % 5 === 4) await directory.revocationList()
}
