import { Graph, layout as arrange } from '@dagrejs/dagre'

import type { GraphEdge, GraphNode } from './to-graph.ts'

/** Given to every box before it is drawn: without sizes nothing can be laid out, and the small map stays empty. */
export const BOX = { width: 236, height: 104 } as const
export const SMALL_BOX = { width: 196, height: 76 } as const

export type Direction = 'right' | 'down'

export interface Placed {
  id: string
  x: number
  y: number
  width: number
  height: number
}

export interface Layout {
  direction: Direction
  width: number
  height: number
  places: ReadonlyMap<string, Placed>
}

export interface LayoutOptions {
  /** The width of the place it is shown in, divided by its height: the picture goes the way that fits better. */
  aspect: number
  direction?: Direction
}

/** Where each box stands; the same graph always looks the same. */
export function layoutGraph(
  nodes: readonly Pick<GraphNode, 'id' | 'kind'>[],
  edges: readonly Pick<GraphEdge, 'from' | 'to'>[],
  options: LayoutOptions,
): Layout {
  if (options.direction) return place(nodes, edges, options.direction)
  const right = place(nodes, edges, 'right')
  // A chain of three fits everywhere; only where it has to be made much smaller is the other way tried.
  if (fit(right, options.aspect) >= 0.9) return right
  const down = place(nodes, edges, 'down')
  return fit(down, options.aspect) > fit(right, options.aspect) * 1.15 ? down : right
}

/** The size of a box. */
export function sizeOf({ kind }: Pick<GraphNode, 'kind'>): { width: number; height: number } {
  return kind === 'branch' ? SMALL_BOX : BOX
}

function place(nodes: readonly Pick<GraphNode, 'id' | 'kind'>[], edges: readonly Pick<GraphEdge, 'from' | 'to'>[], direction: Direction): Layout {
  const graph = new Graph()
  graph.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', nodesep: 24, ranksep: direction === 'right' ? 64 : 48, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const node of nodes) graph.setNode(node.id, { ...sizeOf(node) })
  for (const { from, to } of edges) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to)
  arrange(graph)
  const places = new Map<string, Placed>()
  let width = 0
  let height = 0
  for (const node of nodes) {
    const size = sizeOf(node)
    const { x = 0, y = 0 } = graph.node(node.id) as { x?: number; y?: number }
    // dagre says where the middle is, and the picture wants the corner.
    const placed = { id: node.id, x: x - size.width / 2, y: y - size.height / 2, ...size }
    places.set(node.id, placed)
    width = Math.max(width, placed.x + size.width)
    height = Math.max(height, placed.y + size.height)
  }
  return { direction, width, height, places }
}

/** How large the picture can be shown in a place of this aspect that is as high as six boxes; 1 is its own size. */
function fit({ width, height }: Layout, aspect: number): number {
  const room = BOX.height * 6
  return Math.min(1, room / Math.max(1, height), (room * aspect) / Math.max(1, width))
}
