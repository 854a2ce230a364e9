/** Where a trace is looked at. Undefined where it is not known, or where the template is no web address. */
export function toTraceUrl(template: string | null | undefined, traceparent: string | null): string | undefined {
  const id = traceparent === null ? undefined : /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1]
  if (!template || id === undefined) return undefined
  const url = template.replaceAll('{trace_id}', id)
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined
}
