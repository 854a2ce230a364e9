import '@xyflow/react/dist/base.css'
import './graph.css'

import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react'
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'

import { GraphBox, GraphFrameBox, type BoxNode, type FrameNode } from './graph-box.tsx'
import { GraphEdgeLine, type LineEdge } from './graph-edge.tsx'
import { layoutGraph, type Direction, type Layout } from './layout.ts'
import { lookOf, nameOf } from './node-look.tsx'
import { neighbourOf } from './neighbour.ts'
import type { GraphEdge, GraphFrame, GraphNode, SessionGraph } from './to-graph.ts'

export interface GraphViewProps {
  graph: SessionGraph
  heard: Readonly<Record<string, string>>
  selected: string | undefined
  onSelect: (id: string | undefined) => void
  onToggle: (id: string) => void
  direction?: Direction | undefined
}

const NODE_TYPES = { box: GraphBox, frame: GraphFrameBox }
const EDGE_TYPES = { line: GraphEdgeLine }
const FIT = { padding: { top: '28px', bottom: '28px', left: '58px', right: '28px' }, maxZoom: 1.05 } as const
/** Beside the small map. */
const FIT_BESIDE = { ...FIT, padding: { ...FIT.padding, right: '176px' } } as const
/** A small map helps where one does not see everything; for less it is one more thing to look at. */
const MAP_FROM = 14
const MAP_SIZE = { width: 144, height: 96 }

/**
 * A session's plan as a picture that one can walk through: by pointer, by Tab, and with the arrow keys along its
 * edges. Nothing of it can be changed.
 */
export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  )
}

function Flow({ graph, heard, selected, onSelect, onToggle, direction }: GraphViewProps) {
  const room = useRef<HTMLDivElement>(null)
  const { width, most, aspect } = useRoom(room)
  const layout = useLayout(graph, aspect, direction)
  const boxes = useBoxes(graph, layout, heard, selected, onToggle)
  const frames = useMemo(() => graph.frames.flatMap((frame) => toFrame(frame, layout)), [graph, layout])
  const nodes = useMemo(() => [...frames, ...boxes], [frames, boxes])
  const edges = useMemo(() => graph.edges.flatMap((edge) => toFlowEdge(edge, layout)), [graph, layout])
  const flow = useReactFlow<BoxNode | FrameNode>()
  const height = heightOf(layout, width, most)
  const hasMap = boxes.length >= MAP_FROM && width > 700
  const fit = hasMap ? FIT_BESIDE : FIT
  const shape = `${layout.direction}:${layout.places.size}:${height}`
  useEffect(() => {
    const frame = requestAnimationFrame(() => void flow.fitView(fit))
    return () => cancelAnimationFrame(frame)
  }, [flow, shape, width, fit])

  const focus = useCallback(
    (id: string) => {
      const place = layout.places.get(id)
      if (!place) return
      onSelect(id)
      const { zoom } = flow.getViewport()
      void flow.setCenter(place.x + place.width / 2, place.y + place.height / 2, { zoom, duration: prefersStillness() ? 0 : 160 })
      // A box that was out of sight is there in the next frame but one.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => room.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })),
      )
    },
    [flow, layout, onSelect],
  )
  const walk = (event: KeyboardEvent): void => {
    const from = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset['id']
    if (event.key === 'Escape') onSelect(undefined)
    if (from === undefined || !ARROWS.has(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    const next = neighbourOf(from, event.key, { edges: graph.edges, frames: graph.frames, layout })
    if (next !== undefined) focus(next)
  }
  return (
    <div ref={room} style={{ height }} onKeyDownCapture={walk}>
      <ReactFlow<BoxNode | FrameNode, LineEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodeClick={(_, { id }) => onSelect(id)}
        onPaneClick={() => onSelect(undefined)}
        onSelectionChange={({ nodes: [chosen] }) => chosen && chosen.id !== selected && onSelect(chosen.id)}
        minZoom={0.1}
        maxZoom={1.8}
        fitView
        fitViewOptions={fit}
        onlyRenderVisibleElements={boxes.length > 40}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elementsSelectable
        zoomOnScroll={false}
        preventScrolling={false}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        ariaLabelConfig={WORDS}
      >
        <Background variant={BackgroundVariant.Dots} gap={22} size={1.2} color="var(--line)" />
        <Controls showInteractive={false} fitViewOptions={fit} position="bottom-left" />
        {hasMap && (
          <MiniMap<BoxNode | FrameNode>
            pannable
            zoomable
            position="bottom-right"
            nodeColor={(node) => (node.type === 'frame' ? 'var(--line)' : lookOf(node.data.box.state).fill)}
            nodeBorderRadius={20}
            bgColor="var(--surface)"
            maskColor="color-mix(in srgb, var(--sunken) 75%, transparent)"
            style={MAP_SIZE}
            ariaLabel="Overview of the graph"
          />
        )}
      </ReactFlow>
    </div>
  )
}

const ARROWS: ReadonlySet<string> = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'])

const WORDS = {
  'node.a11yDescription.default': 'Enter shows the node. The arrow keys go along the edges.',
  'node.a11yDescription.keyboardDisabled': 'Enter shows the node. The arrow keys go along the edges.',
  'controls.ariaLabel': 'Zoom',
  'controls.zoomIn.ariaLabel': 'Closer',
  'controls.zoomOut.ariaLabel': 'Further away',
  'controls.fitView.ariaLabel': 'Show all',
}

/**
 * How wide the picture is, and how high it may be: a good part of the window, and no more than it needs. The
 * way it goes is up to the window alone, so that a panel that opens beside it turns nothing around.
 */
function useRoom(room: React.RefObject<HTMLDivElement | null>): { width: number; most: number; aspect: number } {
  const [size, setSize] = useState(() => sizeOfRoom(1_000))
  useEffect(() => {
    const element = room.current
    if (!element) return undefined
    const observer = new ResizeObserver(([entry]) => {
      const next = sizeOfRoom(Math.round(entry?.contentRect.width ?? 0))
      if (next.width > 0) setSize((before) => (before.width === next.width && before.most === next.most && before.aspect === next.aspect ? before : next))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [room])
  return size
}

function sizeOfRoom(width: number): { width: number; most: number; aspect: number } {
  const { innerWidth, innerHeight } = window
  const isSmall = innerWidth < 700
  const most = Math.max(340, Math.round(innerHeight * (isSmall ? 0.56 : 0.64)))
  return { width, most, aspect: Math.round(((innerWidth * (isSmall ? 1 : 0.8)) / most) * 4) / 4 }
}

const LEAST_HEIGHT = 260
const MARGIN = 110

/** As high as the plan wants to be at the width that there is. */
function heightOf(layout: Layout, width: number, most: number): number {
  const scale = Math.min(1, (width * 0.9) / Math.max(1, layout.width))
  return Math.min(most, Math.max(LEAST_HEIGHT, layout.height * scale + MARGIN))
}

/** Laid out anew only where boxes or edges come or go, not where a state changes. */
function useLayout(graph: SessionGraph, aspect: number, direction: Direction | undefined): Layout {
  const shape = useMemo(
    () => `${graph.nodes.map(({ id, kind }) => `${id}:${kind}`).join()}|${graph.frames.map(({ id }) => id).join()}|${graph.edges.map(({ id }) => id).join()}`,
    [graph],
  )
  const latest = useRef(graph)
  latest.current = graph
  return useMemo(() => {
    void shape
    return layoutGraph(latest.current, { aspect, ...(direction && { direction }) })
  }, [shape, aspect, direction])
}

/** Boxes that did not change stay the same object, so that two hundred of them are not drawn anew for one. */
function useBoxes(
  graph: SessionGraph,
  layout: Layout,
  heard: Readonly<Record<string, string>>,
  selected: string | undefined,
  onToggle: (id: string) => void,
): BoxNode[] {
  const kept = useRef(new Map<string, BoxNode>())
  return useMemo(() => {
    const before = kept.current
    const boxes = graph.nodes.flatMap((box) => {
      const place = layout.places.get(box.id)
      if (!place) return []
      const old = before.get(box.id)
      const isSame =
        old &&
        old.position.x === place.x &&
        old.position.y === place.y &&
        old.selected === (box.id === selected) &&
        old.data.heard === heard[box.id] &&
        old.data.direction === layout.direction &&
        isSameBox(old.data.box, box)
      return [isSame ? old : toBox(box, place, { layout, heard: heard[box.id], isSelected: box.id === selected, onToggle })]
    })
    kept.current = new Map(boxes.map((box) => [box.id, box]))
    return boxes
  }, [graph, layout, heard, selected, onToggle])
}

function isSameBox(a: GraphNode, b: GraphNode): boolean {
  return (
    a.state === b.state &&
    a.agent === b.agent &&
    a.instruction === b.instruction &&
    a.isOpen === b.isOpen &&
    a.isAnswer === b.isAnswer &&
    a.branches.length === b.branches.length &&
    a.branches.every(({ state }, index) => state === b.branches[index]?.state)
  )
}

function toBox(
  box: GraphNode,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  { layout, heard, isSelected, onToggle }: { layout: Layout; heard: string | undefined; isSelected: boolean; onToggle: (id: string) => void },
): BoxNode {
  return {
    id: box.id,
    type: 'box',
    position: { x, y },
    width,
    height,
    selected: isSelected,
    ariaLabel: nameOf(box),
    data: { box, direction: layout.direction, heard, onToggle },
  }
}

function toFrame({ id, of, members }: GraphFrame, { places, direction }: Layout): FrameNode[] {
  const place = places.get(id)
  if (!place) return []
  const { x, y, width, height } = place
  return [
    { id, type: 'frame', position: { x, y }, width, height, zIndex: -1, focusable: false, selectable: false, data: { of, count: members.length, direction } },
  ]
}

function toFlowEdge({ id, from, to, flow, isBranch }: GraphEdge, { ways }: Layout): LineEdge[] {
  const way = ways.get(id)
  if (way === undefined) return []
  return [
    {
      id,
      source: from,
      target: to,
      type: 'line',
      focusable: false,
      selectable: false,
      className: `flow-${flow}${isBranch ? ' flow-branch' : ''}`,
      data: { way },
    },
  ]
}

function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
