/** Cases whose expected result is not ours, each with the reason. None of them is an acceptance that was not expected. */
export const knownDisagreements: Readonly<Record<string, string>> = {}
