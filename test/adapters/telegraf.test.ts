import { lawsOnBothStores } from "./both-stores.js";
import { telegrafByInstall, telegrafByMiddleware } from "./telegraf-binding.js";

lawsOnBothStores(telegrafByInstall);
lawsOnBothStores(telegrafByMiddleware);
