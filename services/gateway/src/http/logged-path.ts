/** Ids of ours, which tell whoever looks at a log what a request was about. */
const OUR_ID = /^(?:ses|apr|resp|conv|dlv|usr|doc)_[\w-]{1,64}$/

/** What is said of a request's path in the log: callers put everything into paths, their keys too. */
export function toLoggedPath(path: string, route: string): string {
  if (!route.includes('{id}')) return route
  const id = path.split('/')[route.split('/').indexOf('{id}')] ?? ''
  return OUR_ID.test(id) ? route.replace('{id}', id) : route
}

/** What keys look like, ours and others'. A model's name is the caller's text as well. */
const KEY = /\b(sbx|sbt|sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abp]|AKIA|AIza|eyJ)[-_]?[\w.-]{8,}/g

export function hideKeys(text: string): string {
  if (clean.has(text)) return text
  const hidden = text.replace(KEY, '$1…')
  if (hidden === text && clean.size < MANY) clean.add(text)
  return hidden
}

/** Texts without keys, which are few where they are models' names; who makes up many is looked at each time. */
const MANY = 256
const clean = new Set<string>()
