/** What the queue shows, as the address says it. */
export const SCOPES = ["mine", "unassigned", "due", "overdue", "urgent", "reopened", "duplicates", "misrouted", "checking", "paused", "no_limit"] as const;
export type Scope = (typeof SCOPES)[number];
export const SORTS = ["due", "reported", "-reported"] as const;
export type Sort = (typeof SORTS)[number];
const PLAIN = ["city", "domain", "category", "status", "area", "since", "until", "cell", "polygon", "q", "assignee", "measure", "handler", "unit", "person"] as const;
export type Key = (typeof PLAIN)[number] | Scope | "sort";
export const KEYS: readonly Key[] = [...PLAIN, ...SCOPES, "sort"];
/** Without empty values; `until` is the last day that is shown. */
export type Question = Readonly<Partial<Record<Key, string>>>;
/** What lists the rows of a figure (`figures.ts`). */
export const FIGURE = ["measure", "handler", "unit", "person"] as const;
/** Work is soon due when it is within this many hours of its limit. */
export const SOON_H = 24;

const DAY = /^\d{4}-\d\d-\d\d$/;
/** Reads what is known of an address; what was cut or mistyped is left out. */
export function read(address: URLSearchParams): Question {
  const found: Partial<Record<Key, string>> = {};
  for (const key of KEYS) {
    const value = address.get(key)?.trim();
    if (value) found[key] = value;
  }
  for (const key of ["since", "until"] as const) if (found[key] && !DAY.test(found[key])) delete found[key];
  for (const scope of SCOPES) if (found[scope] && scope !== "due") found[scope] = "true";
  if (found.due && !(Number(found.due) > 0)) found.due = String(SOON_H);
  if (!SORTS.includes(found.sort as Sort) || found.sort === "due") delete found.sort;
  return found;
}
/** The question with other values; an empty one takes its key away. */
export function altered(question: Question, changes: Partial<Record<Key, string>>): Question {
  const values = { ...question, ...changes };
  return Object.fromEntries(KEYS.filter((key) => values[key]).map((key) => [key, values[key]]));
}
export const written = (question: Question): string => new URLSearchParams(question as Record<string, string>).toString();
/** As the server is asked: its `until` is the day after. */
export function asked(question: Question): URLSearchParams {
  const query = new URLSearchParams(question as Record<string, string>);
  if (question.until) {
    const at = new Date(`${question.until}T00:00:00Z`);
    at.setUTCDate(at.getUTCDate() + 1);
    query.set("until", at.toISOString().slice(0, 10));
  }
  return query;
}
/** How many filters are on, but for the order and the city. */
export const narrowed = (question: Question): number => KEYS.filter((key) => key !== "sort" && key !== "city" && question[key]).length;
