// npm start [-- ARGUMENTS]: the command `handfast` of this checkout; `handfast demo` without any.
//
// On a fresh clone it installs and builds first, and says so on stderr only. The command then runs
// in this very process, so that signals, the terminal and the exit code are its own.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { root } from './workspace.mjs'

ensureInstalled()
if (!(await build())) process.exit(1)

const main = join(root, 'packages', 'cli', 'dist', 'main.js')
const given = process.argv.slice(2)
process.argv = [process.execPath, main, ...(given.length > 0 ? given : ['demo'])]
await import(pathToFileURL(main).href)
