// The guard against regressions: ratios to node:tls, which a faster machine or another load changes little, against those
// that were measured when the baseline was last written.

/** What is guarded: measures that are short, and differ little from one run to the next. */
export const guarded = [
  'handshakes: full',
  'handshakes: resumed',
  'bulk: AES-128-GCM, writes of 1 MiB',
  'echo of 100 bytes',
  'memory of an idle pair',
]

/**
 * How much of the baseline must be left. Who becomes 1.5 times slower has 0.67 of it; a run on a busy machine has seldom
 * less than 0.8.
 */
const left = 0.75

export const isRate = ({ unit }) => unit === '1/s' || unit === 'MB/s'

/** How good a ratio is, the more the better. */
export const goodness = (measure, ratio = measure.ratio) => (isRate(measure) ? ratio : 1 / ratio)

/** @param baseline ratios by name, by the major version of Node */
export function baselineFor(baseline, node) {
  const major = Number.parseInt(node, 10)
  const majors = Object.keys(baseline).map(Number)
  // A Node that has none is measured by the next one below it.
  const nearest = majors.filter((one) => one <= major).at(-1) ?? majors[0]
  return baseline[nearest]
}

/** @returns the guarded measures that are worse than `ratios` allow, as `{ name, text }` */
export function regressions(measures, ratios) {
  const found = []
  for (const measure of measures) {
    const expected = ratios[measure.name]
    if (expected === undefined || measure.ratio === undefined) continue
    const share = goodness(measure) / goodness(measure, expected)
    if (share >= left) continue
    const text = `${measure.name}: ${measure.ratio.toFixed(2)} times node:tls, where ${expected.toFixed(2)} was measured before`
    found.push({ name: measure.name, text })
  }
  return found
}
