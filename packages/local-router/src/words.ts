/** A set of the words of a list that blanks separate. */
export function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}

export const DETERMINERS = words(
  'a an the this that these those my your his her its our their some any each every all both no more two three four five which what',
)
export const PREPOSITIONS = words(
  'of in on at by for from with without within into onto over under about between among against through during per via upon as like than',
)
export const BE = words('is are was were be been being am')
export const SUBJECTS = words('i you we they he she it who that which')
export const MODALS = words('can could may might must shall should will would do does did')
export const WH = words('who whom whose which what when where why how')
export const AUXILIARIES = words('is are was were do does did can could should would will has have had')
export const ANAPHORA = words('it its this that these those them they')
