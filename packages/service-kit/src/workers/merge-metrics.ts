/** One process's metrics in Prometheus' text format, as its families: `# HELP`, `# TYPE` and samples by their name and labels. */
interface Family {
  /** Its comment lines. */
  head: string[]
  type: string
  samples: Map<string, number>
}

/**
 * The metrics of several processes as those of one: samples of one name and labels are added up. Right for counters and
 * histograms, and for gauges that count what a process holds.
 */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, Family>()
  for (const text of texts) readInto(families, text)
  return render(families)
}

/** What of a process's metrics outlives it: what it counted, and not what it held. */
export function keepCounted(text: string): string {
  const families = new Map<string, Family>()
  readInto(families, text)
  for (const [name, { type }] of families) if (type !== 'counter' && type !== 'histogram') families.delete(name)
  return render(families)
}

function readInto(families: Map<string, Family>, text: string): void {
  let family: Family | undefined
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE|UNIT) (\S+) ?(.*)$/.exec(line)
    if (comment) {
      const [, kind, name = '', rest = ''] = comment
      family = families.get(name) ?? { head: [], type: 'untyped', samples: new Map() }
      families.set(name, family)
      if (kind === 'TYPE') family.type = rest
      if (!family.head.includes(line)) family.head.push(line)
      continue
    }
    const sample = /^([a-zA-Z_:][^\s{]*(?:\{.*\})?) (\S+)/.exec(line)
    if (!sample || !family) continue
    const [, key = '', value] = sample
    family.samples.set(key, (family.samples.get(key) ?? 0) + toNumber(value ?? ''))
  }
}

function render(families: Map<string, Family>): string {
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...Array.from(samples, ([key, value]) => `${key} ${toText(value)}`)])
  return lines.length === 0 ? '# no registered metrics\n' : `${lines.join('\n')}\n`
}

function toNumber(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}

function toText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
