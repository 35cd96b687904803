import { lawsOnBothStores } from "./both-stores.js";
import { guardedFetch } from "./fetch-binding.js";

lawsOnBothStores(guardedFetch, 8);
