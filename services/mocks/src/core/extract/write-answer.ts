import { splitGoal } from '../plan/split-goal.ts'
import { pickFindings, type Findings } from './pick-findings.ts'
import { toCandidates, type Candidate, type Material } from './rank-sentences.ts'

export interface AnswerTask {
  question: string
  materials: readonly Material[]
}

const FOR_ONE_TOPIC = 6
const FOR_EACH_TOPIC = 4

/**
 * An answer made of the materials' own sentences, each with its number: chosen by how much of the
 * question they carry, grouped by what was asked. Where nothing fits, the answer says so.
 */
export function writeAnswer({ question, materials }: AnswerTask): string {
  const shape = splitGoal(question)
  const candidates = toCandidates(materials)
  const findings = pickFindings(shape.topics, candidates, shape.kind === 'single' ? FOR_ONE_TOPIC : FOR_EACH_TOPIC)
  if (findings.every(({ sentences }) => sentences.length === 0)) return writeUnmatched(shape.topics, materials)
  if (shape.kind === 'single') return writeProse((findings[0] as Findings).sentences)

  const topics = findings.map(writeTopic).join('\n\n')
  return shape.kind === 'comparison' ? `${topics}\n\n${NO_VERDICT}` : topics
}

/** The shortest form of a comparison: the best sentence of each side. */
export function writeContrast({ question, materials }: AnswerTask): string {
  const { topics } = splitGoal(question)
  const findings = pickFindings(topics, toCandidates(materials), 1)
  if (findings.every(({ sentences }) => sentences.length === 0)) return writeUnmatched(topics, materials)
  return findings.map(({ topic, sentences }) => `- ${toTitle(topic)}: ${sentences[0] ? quote(sentences[0]) : 'nothing was found.'}`).join('\n')
}

const NO_VERDICT = '_The built-in scripted model sets quotations side by side. It draws no conclusions from them._'

function writeTopic({ topic, sentences }: Findings): string {
  const title = `**${toTitle(topic)}**`
  if (sentences.length === 0) return `${title}\n\nI found nothing on this in the passages that I was given.`
  return `${title} (${listSources(sentences)})\n\n${sentences.map((sentence) => `- ${quote(sentence)}`).join('\n')}`
}

/** One paragraph for each file, since sentences of different files rarely run on. */
function writeProse(sentences: readonly Candidate[]): string {
  const bySource = Map.groupBy(sentences, ({ material }) => material.source)
  return [...bySource.values()].map((group) => group.map(quote).join(' ')).join('\n\n')
}

/** Results were made for this question even where they share no word with it; passages that do not fit are chance. */
function writeUnmatched(topics: readonly string[], materials: readonly Material[]): string {
  const results = materials.filter(({ n }) => n === undefined)
  if (results.length === 0 || results.length < materials.length) return writeNothingFound(topics, materials)
  return `This is what came back:\n\n${results.map(({ source, text }) => `- ${source}: ${shorten(text)}`).join('\n')}`
}

const LONGEST_RESULT = 600

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= LONGEST_RESULT ? line : `${line.slice(0, LONGEST_RESULT)}…`
}

function writeNothingFound(topics: readonly string[], materials: readonly Material[]): string {
  const wanted = topics.map((topic) => `“${topic.replace(/[\s.?!]+$/, '')}”`).join(' or ')
  const sources = [...new Set(materials.map(({ source }) => source))]
  return `I found nothing on ${wanted} in the ${materials.length === 1 ? 'passage' : `${materials.length} passages`} that I was given, from ${nameSome(sources)}.`
}

function quote({ text, material }: Candidate): string {
  return material.n === undefined ? `${text} (${material.source})` : `${text} [${material.n}]`
}

function listSources(sentences: readonly Candidate[]): string {
  return nameSome([...new Set(sentences.map(({ material }) => material.source))])
}

function nameSome(sources: readonly string[]): string {
  const names = sources.slice(0, 4).map((source) => `\`${source}\``)
  if (sources.length > 4) names.push(`${sources.length - 4} more`)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function toTitle(topic: string): string {
  const bare = topic.replace(/[\s.,;:!]+$/, '').replaceAll('*', '')
  return bare.charAt(0).toUpperCase() + bare.slice(1)
}
