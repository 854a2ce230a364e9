import { Graph, layout as arrange } from '@dagrejs/dagre'

import type { GraphEdge, GraphFrame, GraphNode } from './to-graph.ts'

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
  /** Each edge as an SVG path, by its id. */
  ways: ReadonlyMap<string, string>
}

interface Point {
  x: number
  y: number
}

type LayoutNode = Pick<GraphNode, 'id' | 'kind'>
type LayoutEdge = Pick<GraphEdge, 'id' | 'from' | 'to'>

/** What is laid out: boxes, edges, and frames in which boxes stand side by side. */
export interface LayoutGraph {
  nodes: readonly LayoutNode[]
  edges: readonly LayoutEdge[]
  frames?: readonly GraphFrame[]
}

export interface LayoutOptions {
  /** The width of the place it is shown in, divided by its height: the picture goes the way that fits better. */
  aspect: number
  direction?: Direction
}

/** Where each box and frame stands; the same graph always looks the same. */
export function layoutGraph(graph: LayoutGraph, options: LayoutOptions): Layout {
  if (options.direction) return place(graph, options.direction)
  const right = place(graph, 'right')
  // A chain of three fits everywhere; only where it has to be made much smaller is the other way tried.
  if (fit(right, options.aspect) >= 0.9) return right
  const down = place(graph, 'down')
  return fit(down, options.aspect) > fit(right, options.aspect) * 1.15 ? down : right
}

/** The size of a box. */
export function sizeOf({ kind }: Pick<GraphNode, 'kind'>): { width: number; height: number } {
  return kind === 'branch' ? SMALL_BOX : BOX
}

function place({ nodes, edges, frames = [] }: LayoutGraph, direction: Direction): Layout {
  const framed = new Set(frames.flatMap(({ members }) => members))
  const blocks = [
    ...nodes.filter(({ id }) => !framed.has(id)).map((node) => ({ id: node.id, ...sizeOf(node) })),
    ...frames.map(({ id, members }) => ({ id, ...sizeOfFrame(members.length) })),
  ]
  const graph = new Graph()
  graph.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', nodesep: 24, edgesep: 14, ranksep: direction === 'right' ? 64 : 48, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, width, height } of blocks) graph.setNode(id, { width, height })
  const drawn = edges.filter(({ from, to }) => graph.hasNode(from) && graph.hasNode(to))
  for (const { from, to } of drawn) graph.setEdge(from, to)
  arrange(graph, { constraints: keepOrder(blocks, drawn) })
  const places = new Map<string, Placed>()
  let [totalWidth, totalHeight] = [0, 0]
  for (const { id, width, height } of blocks) {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Point>
    // dagre says where the middle is, and the picture wants the corner.
    places.set(id, { id, x: x - width / 2, y: y - height / 2, width, height })
    totalWidth = Math.max(totalWidth, x + width / 2)
    totalHeight = Math.max(totalHeight, y + height / 2)
  }
  for (const frame of frames) for (const placed of placesIn(frame, places.get(frame.id))) places.set(placed.id, placed)
  const ways = new Map<string, string>()
  for (const { id, from, to } of drawn) {
    const [source, target] = [places.get(from), places.get(to)]
    const { points = [] } = graph.edge(from, to) as { points?: Point[] }
    if (source && target) ways.set(id, toWay(source, target, besideBoxes(points), direction))
  }
  return { direction, width: totalWidth, height: totalHeight, places, ways }
}

const GAP = 12
/** Room for a frame's own words. */
export const FRAME_HEAD = 28
/** A frame is about so much wider than high, as windows are. */
const FRAME_ASPECT = 1.7

function columnsOf(count: number): number {
  return Math.max(1, Math.round(Math.sqrt((count * FRAME_ASPECT * (SMALL_BOX.height + GAP)) / (SMALL_BOX.width + GAP))))
}

function sizeOfFrame(count: number): { width: number; height: number } {
  const columns = columnsOf(count)
  return { width: columns * (SMALL_BOX.width + GAP) + GAP, height: FRAME_HEAD + Math.ceil(count / columns) * (SMALL_BOX.height + GAP) + GAP }
}

function placesIn({ members }: GraphFrame, frame: Placed | undefined): Placed[] {
  if (!frame) return []
  const columns = columnsOf(members.length)
  return members.map((id, index) => ({
    id,
    x: frame.x + GAP + (index % columns) * (SMALL_BOX.width + GAP),
    y: frame.y + FRAME_HEAD + GAP + Math.floor(index / columns) * (SMALL_BOX.height + GAP),
    ...SMALL_BOX,
  }))
}

/** What could change places without anybody noticing stands in the plan's order. */
function keepOrder(nodes: readonly { id: string }[], edges: readonly LayoutEdge[]): { left: string; right: string }[] {
  const neighbours = new Map<string, string[]>(nodes.map(({ id }) => [id, []]))
  for (const { from, to } of edges) {
    neighbours.get(from)?.push(`>${to}`)
    neighbours.get(to)?.push(`<${from}`)
  }
  const last = new Map<string, string>()
  const constraints = []
  for (const { id } of nodes) {
    const kin = neighbours.get(id)?.toSorted().join() ?? ''
    const left = last.get(kin)
    if (left !== undefined && kin !== '') constraints.push({ left, right: id })
    last.set(kin, id)
  }
  return constraints
}

/** An edge's way as an SVG path: from side to side, straight past whatever boxes stand between. */
function toWay(source: Placed, target: Placed, between: readonly Point[], direction: Direction): string {
  const isRight = direction === 'right'
  const start = isRight ? { x: source.x + source.width, y: source.y + source.height / 2 } : { x: source.x + source.width / 2, y: source.y + source.height }
  const end = isRight ? { x: target.x, y: target.y + target.height / 2 } : { x: target.x + target.width / 2, y: target.y }
  const half = (isRight ? BOX.width : BOX.height) / 2
  const corners = between.flatMap(({ x, y }) =>
    isRight
      ? [
          { x: x - half, y },
          { x: x + half, y },
        ]
      : [
          { x, y: y - half },
          { x, y: y + half },
        ],
  )
  let way = `M${start.x},${start.y}`
  let at = start
  for (const next of [...corners, end]) {
    const middle = isRight ? (at.x + next.x) / 2 : (at.y + next.y) / 2
    way += isRight ? `C${middle},${at.y} ${middle},${next.y} ${next.x},${next.y}` : `C${at.x},${middle} ${next.x},${middle} ${next.x},${next.y}`
    at = next
  }
  return way
}

/** dagre bends edges at every rank, and has an empty one between each two; its first and last point stand on the boxes. */
function besideBoxes(points: readonly Point[]): Point[] {
  return points.slice(1, -1).filter((_, index) => index % 2 === 1)
}

/** How large the picture can be shown in a place of this aspect that is as high as six boxes; 1 is its own size. */
function fit({ width, height }: Layout, aspect: number): number {
  const room = BOX.height * 6
  return Math.min(1, room / Math.max(1, height), (room * aspect) / Math.max(1, width))
}
