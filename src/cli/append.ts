/** For a flag that may be given several times: commander's parser that gathers the values. */
export const append = (value: string, before: readonly string[]): readonly string[] => [...before, value];
