import type { Approval } from '@signalbox/contracts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'

import { approvalPagesQuery } from '../../api/approvals.ts'
import { approvalsQuery, type ApprovalSearch } from '../../api/queries.ts'
import { laidAnew, NO_ROWS, withLatest, withRow, type SteadyList } from '../../decisions/steady-list.ts'

export type InboxSearch = Omit<ApprovalSearch, 'cursor' | 'limit'>

/** The inbox as it is looked at: live, without a row that jumps. */
export function useInbox(search: InboxSearch) {
  const query = useInfiniteQuery(approvalPagesQuery(search))
  const { data, isPlaceholderData } = query
  const latest = useMemo(() => [...new Map(data?.pages.flatMap((page) => page.data).map((row) => [row.id, row])).values()], [data])
  const [list, setList] = useState<SteadyList<Approval>>(NO_ROWS)
  const laidFor = useRef<string>(undefined)
  const wanted = JSON.stringify(search)

  useEffect(() => {
    if (!data || isPlaceholderData) return
    const isSame = laidFor.current === wanted
    laidFor.current = wanted
    setList((before) => (isSame ? withLatest(before, latest) : laidAnew(latest)))
  }, [data, isPlaceholderData, latest, wanted])

  // What somebody else decided is shown as it stands by now, in its place.
  const unknown = list.rows.filter(({ id, state }) => state === 'pending' && list.gone.has(id)).map(({ id }) => id)
  const history = useQuery({ ...approvalsQuery({ status: 'history', limit: 50 }), enabled: unknown.length > 0 })
  useEffect(() => {
    const ended = history.data?.data.filter(({ id }) => unknown.includes(id)) ?? []
    if (ended.length > 0) setList((before) => ended.reduce((next, row) => withRow(next, row), before))
  })

  return { ...query, list, page: data?.pages[0], showAnew: () => setList(laidAnew(latest)) }
}
