import type { Page } from "./desk";

export const page: Page = async () => undefined;
