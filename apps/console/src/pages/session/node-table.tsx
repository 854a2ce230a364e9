import { Elapsed } from '../../graph/elapsed.tsx'
import { iconOf, lookOf, nameOf } from '../../graph/node-look.tsx'
import { firstLine, type GraphNode } from '../../graph/to-graph.ts'
import { toCount } from '../../ui/amounts.ts'
import { classes } from '../../ui/classes.ts'
import { SafeText } from '../../ui/safe-text.tsx'

export interface NodeTableProps {
  nodes: readonly GraphNode[]
  heard: Readonly<Record<string, string>>
  selected: string | undefined
  onSelect: (id: string) => void
}

/** All that the picture says, in rows: a picture of two hundred boxes is nothing that can be read by itself. */
export function NodeTable({ nodes, heard, selected, onSelect }: NodeTableProps) {
  const ordered = inTheirPlaces(nodes)
  return (
    <div className="max-h-[clamp(22rem,62dvh,46rem)] overflow-auto" tabIndex={0} role="region" aria-label="Nodes">
      <table className="w-full text-left text-sm">
        <thead className="sticky top-0 z-10 bg-surface text-[0.78rem] text-muted shadow-[0_1px_0_var(--line)]">
          <tr>
            {['Node', 'State', 'Instruction', 'Needs', 'Tries', 'Tokens', 'Time'].map((word) => (
              <th key={word} scope="col" className={classes('px-3 py-2 font-medium', HIDDEN_BELOW[word], RIGHT.has(word) && 'text-right')}>
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered.map((node) => (
            <Row key={node.id} node={node} heard={heard[node.id]} isSelected={node.id === selected} onSelect={onSelect} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

const HIDDEN_BELOW: Record<string, string> = {
  Instruction: 'hidden lg:table-cell',
  Needs: 'hidden 2xl:table-cell',
  Tries: 'hidden sm:table-cell',
  Tokens: 'hidden sm:table-cell',
}
const RIGHT: ReadonlySet<string> = new Set(['Tries', 'Tokens', 'Time'])

function Row({ node, heard, isSelected, onSelect }: { node: GraphNode; heard: string | undefined; isSelected: boolean; onSelect: (id: string) => void }) {
  const { state } = node
  const look = lookOf(state)
  const Icon = iconOf(node)
  const StateIcon = look.icon
  return (
    <tr aria-selected={isSelected} className={classes('relative border-t', isSelected ? 'bg-accent-soft' : 'hover:bg-sunken/60')}>
      <th scope="row" className="px-3 py-2 font-normal">
        <div className={classes('flex max-w-64 items-center gap-2', node.kind === 'branch' && 'pl-5')}>
          <Icon aria-hidden size={14} className={classes('shrink-0', look.text)} />
          <div className="min-w-0">
            <button
              type="button"
              aria-label={nameOf(node)}
              onClick={() => onSelect(node.id)}
              className={classes('block max-w-full truncate text-left after:absolute after:inset-0', node.kind !== 'branch' && 'font-medium')}
            >
              <SafeText text={node.label} max={60} />
            </button>
            <span className="block truncate text-[0.78rem] text-faint">
              <SafeText text={node.agent} max={40} />
              {node.skill !== undefined && (
                <>
                  {' '}
                  · <SafeText text={node.skill} max={40} />
                </>
              )}
            </span>
          </div>
        </div>
      </th>
      <td className="px-3 py-2 whitespace-nowrap">
        <span className={classes('inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-[0.78rem] font-medium', look.soft, look.text)}>
          <StateIcon aria-hidden size={12} className={look.spin ? 'motion-safe:animate-spin' : undefined} /> {look.word}
        </span>
      </td>
      <td className="hidden w-full max-w-0 px-3 py-2 text-muted lg:table-cell">
        <span className="line-clamp-2 [overflow-wrap:anywhere]">
          <SafeText text={state.error?.message ?? heard ?? firstLine(node.instruction)} max={200} />
        </span>
      </td>
      <td className="hidden max-w-48 px-3 py-2 text-[0.82rem] text-muted 2xl:table-cell">{node.needs.join(', ')}</td>
      <td className="hidden px-3 py-2 text-right tabular-nums sm:table-cell">{state.attempts || ''}</td>
      <td className="hidden px-3 py-2 text-right tabular-nums sm:table-cell">{state.usage ? toCount(state.usage.total_tokens) : ''}</td>
      <td className="px-3 py-2 text-right whitespace-nowrap tabular-nums">
        <Elapsed state={state} />
      </td>
    </tr>
  )
}

/** Branches stand under their node. */
function inTheirPlaces(nodes: readonly GraphNode[]): GraphNode[] {
  return nodes.filter(({ of }) => of === undefined).flatMap((node) => [node, ...nodes.filter(({ of }) => of === node.id)])
}
