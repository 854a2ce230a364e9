import type { Layout } from './layout.ts'
import type { GraphEdge, GraphFrame } from './to-graph.ts'

/**
 * Where an arrow key goes from a box: along an edge where the arrow points the way the graph goes, and to the
 * nearest box beside it otherwise.
 */
export function neighbourOf(
  from: string,
  key: string,
  { edges, frames, layout }: { edges: readonly GraphEdge[]; frames: readonly GraphFrame[]; layout: Layout },
): string | undefined {
  const frame = frames.find(({ members }) => members.includes(from))
  const place = frame?.id ?? from
  /** Whoever steps into a frame stands before its first box. */
  const enter = (id: string): string => frames.find((candidate) => candidate.id === id)?.members[0] ?? id
  const [onward, back] = layout.direction === 'right' ? ['ArrowRight', 'ArrowLeft'] : ['ArrowDown', 'ArrowUp']
  if (key === onward)
    return nearest(
      from,
      edges.filter((edge) => edge.from === place).map(({ to }) => enter(to)),
      layout,
    )
  if (key === back)
    return nearest(
      from,
      edges.filter((edge) => edge.to === place).map((edge) => enter(edge.from)),
      layout,
    )
  const here = layout.places.get(from)
  if (!here) return undefined
  const isForward = key === 'ArrowDown' || key === 'ArrowRight'
  const across = layout.direction === 'right' ? 'y' : 'x'
  const along = layout.direction === 'right' ? 'x' : 'y'
  const beside = [...layout.places.values()].filter(
    (place) => place.id !== from && !frames.some(({ id }) => id === place.id) && (isForward ? place[across] > here[across] : place[across] < here[across]),
  )
  // Whoever stands in the same row comes first, however far it is.
  return beside.toSorted((a, b) => distance(a) - distance(b))[0]?.id

  function distance(place: { x: number; y: number }): number {
    if (!here) return 0
    return Math.abs(place[along] - here[along]) * 4 + Math.abs(place[across] - here[across])
  }
}

function nearest(from: string, candidates: readonly string[], layout: Layout): string | undefined {
  const here = layout.places.get(from)
  if (!here) return candidates[0]
  const distance = (id: string): number => {
    const place = layout.places.get(id)
    return place ? Math.hypot(place.x - here.x, place.y - here.y) : Number.POSITIVE_INFINITY
  }
  return candidates.toSorted((a, b) => distance(a) - distance(b))[0]
}
