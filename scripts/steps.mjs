// Runs other programs as steps of a check, readably: a step that passes is one line, and one that
// fails shows what it said.

import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { record } from './results.mjs'
import { root } from './workspace.mjs'

/**
 * Runs a Node program and keeps its result as one check of the given name. Resolves to whether it passed.
 * `program` is the path of a script, `args` its arguments.
 */
export async function check(name, program, args) {
  const started = performance.now()
  const { code, output } = await run(process.execPath, [program, ...args], { show: false })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const passed = code === 0
  console.log(`${passed ? '✓' : '✗'} ${name} (${seconds} s)`)
  if (!passed) console.log(output.trimEnd())
  record(name, {
    passed: passed ? 1 : 0,
    failed: passed ? 0 : 1,
    skipped: 0,
    failures: passed ? [] : [`exit code ${code}`],
    skips: [],
  })
  return passed
}

/** Runs a program; `show` passes its output on as it comes. Resolves to its exit code and output. */
export function run(program, args, { show, env = {} }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    })
    let output = ''
    const collect = (text) => {
      output += text
    }
    child.stdout?.setEncoding('utf8').on('data', collect)
    child.stderr?.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => resolve({ code: 1, output: `${program}: ${error.message}` }))
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }))
  })
}
