import { ExternalLink } from 'lucide-react'
import { Fragment, memo, type ReactNode } from 'react'

import { classes } from '../ui/classes.ts'
import { CopyButton } from '../ui/copy.tsx'
import { readsAsAnotherHost } from '../ui/hostile.ts'
import { SafeText } from '../ui/safe-text.tsx'
import type { Inline } from './parse-inline.ts'
import { parseMarkdown, type Block } from './parse-markdown.ts'

export interface MarkdownProps {
  text: string
  /** Draws `[n]`; where it is missing, or answers nothing, the number stays as it was written. */
  cite?: (n: number) => ReactNode
  className?: string
}

/** An answer's Markdown, drawn without a byte of HTML: whatever an agent writes stays text, and every link says where it goes. */
export const Markdown = memo(function Markdown({ text, cite, className }: MarkdownProps) {
  return (
    <div className={classes('grid gap-2.5 leading-relaxed [overflow-wrap:anywhere]', className)}>
      {parseMarkdown(text).map((block, index) => (
        <BlockView key={index} block={block} cite={cite} />
      ))}
    </div>
  )
})

type Cite = MarkdownProps['cite']

function BlockView({ block, cite }: { block: Block; cite: Cite }) {
  switch (block.type) {
    case 'paragraph':
      return (
        <p>
          <Inlines inlines={block.children} cite={cite} />
        </p>
      )
    case 'heading':
      // An agent's heading is none of the page's.
      return (
        <p className={classes('mt-1 font-semibold tracking-tight', block.level <= 2 ? 'text-[1.1rem]' : 'text-[1rem]')}>
          <Inlines inlines={block.children} cite={cite} />
        </p>
      )
    case 'code':
      return <Code text={block.text} language={block.language} />
    case 'rule':
      return <hr className="my-1" />
    case 'quote':
      return (
        <blockquote className="grid gap-2 border-l-2 border-line-strong/50 pl-3 text-muted">
          {block.children.map((child, index) => (
            <BlockView key={index} block={child} cite={cite} />
          ))}
        </blockquote>
      )
    case 'list':
      return <List block={block} cite={cite} />
    case 'table':
      return <Table block={block} cite={cite} />
  }
}

function List({ block, cite }: { block: Block & { type: 'list' }; cite: Cite }) {
  const items = block.items.map((item, index) => (
    <li key={index} className="pl-1">
      <div className="grid gap-1.5">
        {item.map((child, at) => (
          <BlockView key={at} block={child} cite={cite} />
        ))}
      </div>
    </li>
  ))
  if (block.start === undefined) return <ul className="list-disc space-y-1 pl-5 marker:text-faint">{items}</ul>
  return (
    <ol start={block.start} className="list-decimal space-y-1 pl-6 marker:text-faint">
      {items}
    </ol>
  )
}

function Table({ block: { head, rows }, cite }: { block: Block & { type: 'table' }; cite: Cite }) {
  return (
    <div className="overflow-x-auto" role="region" aria-label="Table" tabIndex={0}>
      <table className="w-max max-w-full border-collapse text-[0.92em]">
        <thead>
          <tr>
            {head.map((cell, index) =>
              cell.length === 0 ? (
                <td key={index} className="border-b" />
              ) : (
                <th key={index} scope="col" className="border-b px-2.5 py-1.5 text-left font-semibold">
                  <Inlines inlines={cell} cite={cite} />
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, at) => (
                <td key={at} className="border-b px-2.5 py-1.5 align-top">
                  <Inlines inlines={cell} cite={cite} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Code({ text, language }: { text: string; language: string }) {
  return (
    <div className="relative">
      <pre
        tabIndex={0}
        aria-label={language === '' ? 'Code' : `Code, ${language.slice(0, 20)}`}
        className="overflow-x-auto rounded-lg bg-sunken px-3 py-2.5 pr-10 leading-normal"
      >
        <code>
          <SafeText text={text} />
        </code>
      </pre>
      <CopyButton text={text} label="Copy this code" className="absolute top-1 right-1" />
    </div>
  )
}

function Inlines({ inlines, cite }: { inlines: readonly Inline[]; cite: Cite }) {
  return inlines.map((inline, index) => <InlineView key={index} inline={inline} cite={cite} />)
}

function InlineView({ inline, cite }: { inline: Inline; cite: Cite }) {
  switch (inline.type) {
    case 'text':
      return <SafeText text={inline.text} />
    case 'break':
      return <br />
    case 'code':
      return (
        <code className="rounded bg-sunken px-1 py-0.5">
          <SafeText text={inline.text} />
        </code>
      )
    case 'strong':
      return (
        <strong className="font-semibold">
          <Inlines inlines={inline.children} cite={cite} />
        </strong>
      )
    case 'emphasis':
      return (
        <em>
          <Inlines inlines={inline.children} cite={cite} />
        </em>
      )
    case 'struck':
      return (
        <s>
          <Inlines inlines={inline.children} cite={cite} />
        </s>
      )
    case 'citation':
      return <Fragment>{cite?.(inline.n) ?? `[${inline.n}]`}</Fragment>
    case 'link':
      return <OutsideLink href={inline.href}>{<Inlines inlines={inline.children} cite={cite} />}</OutsideLink>
  }
}

/** A link that an agent wrote: it says the host that is asked for, whatever its label says. */
function OutsideLink({ href, children }: { href: string; children: ReactNode }) {
  const { host, protocol, pathname } = new URL(href)
  const where = protocol === 'mailto:' ? pathname : host
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer nofollow ugc"
      referrerPolicy="no-referrer"
      className="text-accent-text underline underline-offset-2"
    >
      {children}
      <span className={classes('ml-1 text-[0.8em]', readsAsAnotherHost(href) ? 'text-bad' : 'text-muted')}>
        (<SafeText text={where} max={80} />)
      </span>
      <ExternalLink aria-label="opens a new tab" size={12} className="ml-0.5 inline align-baseline" />
    </a>
  )
}
