// npm run test:nodes: the packages' own tests on every other supported line of Node.
//
// Its results are counted with those of the `npm test` that ran before, if any.

import { ensureInstalled } from './install.mjs'
import { nodeMajors, nodePath } from './nodes.mjs'
import { report, total } from './results.mjs'
import { vitest } from './vitest.mjs'

ensureInstalled()
const running = Number(process.versions.node.split('.')[0])
for (const major of nodeMajors.filter((other) => other !== running)) {
  await vitest(`unit tests on Node ${major}`, ['packages'], nodePath(major))
}
const sum = total()
process.stdout.write(report(sum))
process.exitCode = sum.failed > 0 ? 1 : 0
