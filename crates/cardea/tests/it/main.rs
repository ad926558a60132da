//! The gateway from outside: the real program over real sockets, in front of the services it is made for.

#[cfg(test)]
mod bombs;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod check;
#[cfg(test)]
mod computed_urls;
#[cfg(test)]
mod confusion;
#[cfg(test)]
mod context;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod desync;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod errors;
mod evaluating;
#[cfg(test)]
mod exporting;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod following;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod guarded;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod health;
#[cfg(test)]
mod help;
mod hostile;
#[cfg(test)]
mod importing;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod last_good;
#[cfg(test)]
mod left_behind;
#[cfg(test)]
mod litellm;
#[cfg(test)]
mod named_values;
#[cfg(test)]
mod outbound_proxies;
#[cfg(test)]
mod overrides;
#[cfg(test)]
mod own_token;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod pools;
#[cfg(test)]
mod protocols;
mod provider_key;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod saved;
#[cfg(test)]
mod splitting;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod swaps;
#[cfg(test)]
mod taking_over;
#[cfg(test)]
mod team_models;
#[cfg(test)]
mod three_layers;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod vault_commands;
#[cfg(test)]
mod vaults;
#[cfg(test)]
mod web_sockets;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod wizards;
#[cfg(test)]
mod workspaces;
