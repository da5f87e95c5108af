// npm run test:nodes: the packages' own tests on every other supported line of Node.
//
// Its results are kept beside those of `npm test`, for the closing line of CI.

import { build } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { nodeMajors, nodePath } from './nodes.mjs'
import { report, total } from './results.mjs'
import { vitest } from './vitest.mjs'

ensureInstalled()
if (!(await build())) process.exit(1)
const running = Number(process.versions.node.split('.')[0])
const checks = []
for (const major of nodeMajors.filter((other) => other !== running)) {
  const name = `unit tests on Node ${major}`
  checks.push(name)
  await vitest(name, ['packages'], nodePath(major))
}
const sum = total(checks)
process.stdout.write(report(sum))
process.exitCode = sum.failed > 0 ? 1 : 0
