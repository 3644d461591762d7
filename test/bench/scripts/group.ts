/** 5,000 groups: the sum of the ids (whole numbers, so that any order of adding gives the same). */
export const key = (record: { group: string }): string => record.group;
export const map = (record: { id: number }): number => record.id;
export const initial = 0;
export const reduce = (sum: number, id: number): number => sum + id;
