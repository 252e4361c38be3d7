/** What admins set: calendars and deadlines. */
import { section } from "./admin-deadlines";
import type { Page } from "./desk";

export const page: Page = async (place) => { await section(place); };
