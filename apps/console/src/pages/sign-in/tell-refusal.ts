/** Why the identity provider’s way did not lead in, in words; undefined where it was not tried. */
export function tellRefusal(why: string | null): string | undefined {
  switch (why) {
    case null:
      return undefined
    case 'refused':
      return 'The identity provider knows you, but you are not let in here. Ask an admin.'
    case 'unavailable':
      return 'The identity provider cannot be reached. Try again in a moment.'
    default:
      return 'Signing in over there did not work. Try again.'
  }
}
