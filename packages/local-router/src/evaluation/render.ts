import type { Evaluation, Section } from './evaluate.ts'
import type { Confusion, Measures } from './measure.ts'

const HEADINGS = ['requests', 'balanced', 'recall', 'false complex', 'decided', 'right of decided', 'balanced of decided', 'sent wrongly']

/** An evaluation as Markdown. */
export function renderEvaluation({ sections, timing }: Evaluation): string {
  const microseconds = (value: number): string => `${value.toFixed(0)} µs`
  return [
    ...sections.map(renderSection),
    `One judgement: ${microseconds(timing.meanCpuMicroseconds)} of CPU in the mean, ${microseconds(timing.medianMicroseconds)} by the clock in the median, of ${timing.judgements}.\n`,
  ].join('\n')
}

function renderSection({ name, sources, total, disagreements }: Section): string {
  const plain = name.startsWith('plain')
  const headings = plain ? HEADINGS.slice(0, 4) : HEADINGS
  const rows = [...Object.entries(sources), ['**all**', total] as const].map(
    ([source, measures]) => `| ${[source, ...toCells(measures).slice(0, headings.length)].join(' | ')} |`,
  )
  return [
    `### ${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    '',
    `| source | ${headings.join(' | ')} |`,
    `|---|${headings.map(() => '---:|').join('')}`,
    ...rows,
    '',
    ...(plain ? [] : [...renderConfusion(total.confusion), '', `Answers that contradict a label and are as good as certain: ${disagreements.length}.`, '']),
  ].join('\n')
}

function toCells(measures: Measures): string[] {
  const { requests, balanced, recall, falseComplex, decided, decidedAccuracy, decidedBalanced, decidedFalseComplex } = measures
  const cell = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3))
  return [String(requests), ...[balanced, recall, falseComplex, decided, decidedAccuracy, decidedBalanced, decidedFalseComplex].map(cell)]
}

function renderConfusion({ complex, simple }: Confusion): string[] {
  return [
    '| | said complex | said simple | left to the next |',
    '|---|---:|---:|---:|',
    `| is complex | ${complex.complex} | ${complex.simple} | ${complex.unsure} |`,
    `| is simple | ${simple.complex} | ${simple.simple} | ${simple.unsure} |`,
  ]
}
