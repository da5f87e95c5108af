// The properties of a run begin at one seed, so that a run can be repeated: a change is judged by what it changed.
// HANDFAST_SEED=random begins elsewhere each time (a failure prints where), and HANDFAST_SEED=N at N.
import { configureGlobal } from 'fast-check'

const seed = process.env.HANDFAST_SEED ?? '1'
if (seed !== 'random') configureGlobal({ seed: Number(seed) })
