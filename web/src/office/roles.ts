/** Roles in words, for the account's own page and for admins. */
import { phrases } from "../i18n";

const w = phrases({
  vi: { viewer: "Người xem", officer: "Cán bộ xử lý", supervisor: "Người phụ trách", planner: "Người lập kế hoạch", admin: "Quản trị", everywhere: "mọi địa bàn", allDomains: "mọi lĩnh vực" },
  en: { viewer: "Viewer", officer: "Officer", supervisor: "Supervisor", planner: "Planner", admin: "Admin", everywhere: "everywhere", allDomains: "all domains" },
});
export const ROLES = ["viewer", "officer", "supervisor", "planner", "admin"] as const;
export type RoleName = (typeof ROLES)[number];
export interface Scope { role: RoleName; areas: string[] | null; domains: string[] | null }
export const roleName = (role: RoleName): string => w(role);
/** `set:code` to a name, as the server tells it beside roles. */
export type AreaNames = Record<string, string>;
export const inWords = (one: Scope, names: AreaNames = {}): string => [w(one.role), one.areas?.map((key) => names[key] ?? key).join(", ") ?? w("everywhere"), one.domains?.join(", ") ?? w("allDomains")].join(" · ");
