// The differential fuzz: one mutant after the other is shown to a package and to Signet's
// reader of its format. Signet may refuse what a package takes where a rule of ours says so,
// and then has to; it may never take what the package refuses, nor read it differently.
import { after, before, describe, it, mock } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { chanceOf, seed } from './chance.js'
import { mutantsOf } from './mutants.js'
import { openPipe } from './pipe.js'
import { subjects, verified } from './subjects.js'

// SIGNET_DIFFER_SECONDS is for all subjects together; without it there is a fixed number.
const seconds = Number(process.env.SIGNET_DIFFER_SECONDS || 0)
const few = 5000
const atOnce = 50
const now = Date.UTC(2026, 10, 25, 12, 0, 0, 437)

const all = [...subjects, ...await verified()]

describe(`mutants, seed ${seed}`, { timeout: 86_400_000 }, () => {
  /** @type {ReturnType<typeof openPipe>} */ let pipe
  before(() => {
    pipe = openPipe()
    mock.timers.enable({ apis: ['Date'], now })
  })
  after(() => {
    mock.timers.reset()
    pipe?.close()
  })

  for (const subject of all) {
    it(`read as ${subject.name} does, or refused by a rule`, { timeout: 86_400_000 }, async (t) => {
      const next = mutantsOf(chanceOf(`differ ${subject.name}`), subject, now)
      const tally = { both: 0, neither: 0, rules: {} }
      const until = performance.now() + seconds * 1000 / all.length
      for (let count = 0; seconds ? performance.now() < until : count < few / (subject.siblings ?? 1); count += atOnce) {
        await Promise.all(Array.from({ length: atOnce }, () => compare(pipe, subject, next(), tally)))
      }
      t.diagnostic(summary(tally))
      expectAll(tally)
    })
  }
})

async function compare(pipe, subject, { value, rule }, tally) {
  const [ours, theirs] = await Promise.all([pipe.open(subject.codec, value, now), read(subject, value)])
  const told = `\nSignet: ${ours.reason ? `${ours.reason} ${ours.detail ?? ''}` : ours.claims}\n${subject.name}: ${theirs.error ?? JSON.stringify(theirs.claims)}\nrule: ${rule}\n${JSON.stringify(value)}`
  if (ours.reason) {
    if (theirs.error) tally.neither++
    else if (rule) tally.rules[rule] = (tally.rules[rule] ?? 0) + 1
    else throw new Error(`Signet refuses what ${subject.name} takes, and no rule says why${told}`)
    return
  }
  if (rule) throw new Error(`Signet takes what a rule refuses${told}`)
  if (theirs.error && !(theirs.claims && isDeepStrictEqual(theirs.claims, JSON.parse(ours.claims)))) throw new Error(`Signet takes what ${subject.name} refuses${told}`)
  if (!isDeepStrictEqual(theirs.claims, JSON.parse(ours.claims))) throw new Error(`Signet reads something else${told}`)
  tally.both++
}

async function read(subject, value) {
  try {
    const claims = await subject.open(value)
    // iron-session 6 and 8 say nothing by {}, as they do for a session without content.
    if (claims === null || subject.kind === 'iron' && subject.major < 9 && isDeepStrictEqual(claims, {})) return { error: 'nothing', claims }
    return { claims }
  } catch (error) {
    return { error: String(error) }
  }
}

function summary({ both, neither, rules }) {
  const named = Object.entries(rules).sort(([, a], [, b]) => b - a)
  const only = named.reduce((sum, [, count]) => sum + count, 0)
  return `${both} opened alike, ${neither} refused by both, ${only} by Signet alone: ${named.map(([rule, count]) => `${rule} ${count}`).join(', ')}`
}

// A generator that makes nothing but rubbish compares nothing.
function expectAll({ both, neither, rules }) {
  const sum = both + neither
  if (sum < 1000) return // a run of few seconds
  if (both < sum / 20 || neither < sum / 20 || Object.keys(rules).length < 5) throw new Error('too few mutants of a kind')
}
