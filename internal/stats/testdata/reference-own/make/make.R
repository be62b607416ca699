# Cases of our own beside the published ones: data made from seeds, shaped like what goes wrong in practice (uneven and
# tiny clusters, ties, gaps, nothing gained or lost, variances of zero, crossed groupings). The methods are those of
# ../../reference/make/ref_lib.R, unchanged. Run from this folder: Rscript make.R
source("../../reference/make/ref_lib.R")
D <- ".."; SRC <- "own data; R 4.2.2, lme4, lmerTest, pbkrtest, clubSandwich, geepack, igraph"
set.seed(20260701, kind = "Mersenne-Twister", sample.kind = "Rejection")
case <- function(id, input, args, expected, tol = 1e-8, note = NULL) write_case(D, id, input, args, expected, SRC, tol, note)

# ---- uneven: nine cohorts of 1 to 25 persons, half points, gaps, drop-out -----------------------------------------
sizes <- c(1, 1, 2, 3, 5, 9, 14, 20, 25); n <- sum(sizes); g <- rep(seq_along(sizes), sizes)
u <- data.frame(id = sprintf("P%03d", 1:n), cohort = paste0("C", g), sector = c("police", "social", "education")[1 + (1:n * 7) %% 3], years = (1:n * 13) %% 31)
own <- rnorm(n, 0, 6); b <- rnorm(9, 0, 2)
sc <- function(x) round(2 * x) / 2
u$pre <- sc(55 + own + rnorm(n, 0, 5)); u$post <- sc(60 + own + b[g] + rnorm(n, 0, 5)); u$fup <- sc(58 + own + 1.5 * b[g] + rnorm(n, 0, 6))
u$w <- round(runif(n, .5, 3), 3)
u$pre[c(7, 30)] <- NA; u$post[c(12, 40, 41)] <- NA
u$fup[runif(n) < plogis(-1.2 + .04 * (60 - ifelse(is.na(u$pre), 55, u$pre)) + .02 * u$years)] <- NA
u <- u[order((1:n * 37) %% 101), ]; rownames(u) <- NULL
write_input(D, "uneven.csv", u); f <- "uneven.csv"
case("own_uneven_paired", f, list(method = "paired_change"), paired_change(u$pre, u$post), 1e-10)
for (w in c("post", "fup")) {
  cl <- c("pre", w)
  case(paste0("own_uneven_cr_", w), f, list(method = "paired_change_cr", columns = cl, cluster = "cohort"), paired_change_cr(u$pre, u[[w]], u$cohort))
  case(paste0("own_uneven_level_", w), f, list(method = "cohort_level", columns = cl), cohort_level(u$pre, u[[w]], u$cohort), 1e-10)
  case(paste0("own_uneven_flip_", w), f, list(method = "sign_flip_exact", columns = cl), sign_flip_exact(u$pre, u[[w]], u$cohort), 1e-10)
  case(paste0("own_uneven_effects_", w), f, list(method = "effects_paired", columns = cl), effects_paired(u$pre, u[[w]]))
  case(paste0("own_uneven_wilcoxon_", w), f, list(method = "wilcoxon", columns = cl), wilcoxon(u$pre, u[[w]]), 1e-10)
  case(paste0("own_uneven_dominance_", w), f, list(method = "dominance_paired", columns = cl), dominance_paired(u$pre, u[[w]]), 1e-10)
  case(paste0("own_uneven_icc_", w), f, list(method = "icc_anova", value = paste0(w, "-pre"), columns = cl), icc_anova(u[[w]] - u$pre, u$cohort), 1e-10)
}
case("own_uneven_rci", f, list(method = "rci", reliability = .82, sd_pre = 7.5), rci(u$pre, u$post, .82, 7.5), 1e-10)
u$change <- u$post - u$pre
case("own_uneven_cr_weights", f, list(method = "paired_change_cr", columns = c("pre", "post"), cluster = "cohort", weights = "w"), paired_change_cr(u$pre, u$post, u$cohort, u$w))
case("own_uneven_lm_covariates", f, list(method = "lm_cr2", formula = "change ~ pre + sector + years", reference = "education", cluster = "cohort"), lm_cr2(change ~ pre + sector + years, u, "cohort"))
case("own_uneven_lm_weights", f, list(method = "lm_cr2", formula = "change ~ sector", reference = "education", cluster = "cohort", weights = "w"), lm_cr2(change ~ sector, u, "cohort", "w"))
case("own_uneven_lm_interaction", f, list(method = "lm_cr2", formula = "post ~ pre * sector", reference = "education", cluster = "cohort"), lm_cr2(post ~ pre * sector, u, "cohort"))
ls <- function(m) { s <- summary(m); list(terms = rownames(s$coefficients), estimate = num(s$coefficients[, 1]), se = num(s$coefficients[, 2]), t = num(s$coefficients[, 3]), p = num(s$coefficients[, 4]), df = s$df[2], sigma = s$sigma, r2 = s$r.squared) }
case("own_uneven_ancova", f, list(method = "ols", formula = "post ~ pre + sector + years + I(years^2)"), ls(lm(post ~ pre + sector + years + I(years^2), u)))
case("own_uneven_attrition", f, list(method = "attrition", pre = "pre", post = "fup", covariates = c("pre", "years"), cluster = "cohort", scale_min = 0, scale_max = 100), attrition(u, "pre", "fup", c("pre", "years"), "cohort", 0, 100), 1e-7)
case("own_uneven_attrition_plain", f, list(method = "attrition", pre = "pre", post = "fup", covariates = c("pre")), attrition(u, "pre", "fup", "pre"), 1e-7)
ok <- u[complete.cases(u$pre, u$post), ]; write_input(D, "uneven_complete.csv", ok[, c("id", "cohort", "pre", "post")])
idx <- resamples(length(unique(ok$cohort)), 199, 7); write_input(D, "uneven_resamples.csv", as.data.frame(idx))
gav <- function(d) { x <- d$pre; y <- d$post; J_exact(length(x) - 1) * mean(y - x) / sqrt((var(x) + var(y)) / 2) }
for (s in list(list("mean", "mean(post-pre)", function(d) mean(d$post - d$pre)), list("gav", "g_av", gav), list("median", "median(post-pre)", function(d) median(d$post - d$pre))))
  case(paste0("own_boot_", s[[1]]), "uneven_complete.csv", list(method = "cluster_boot", statistic = s[[2]], resamples = "uneven_resamples.csv"), cluster_boot(ok, "cohort", s[[3]], idx), 1e-9)

# ---- few: three cohorts; and eight cohorts of one person ------------------------------------------------------------
h <- data.frame(id = 1:14, cohort = rep(c("A", "B", "C"), c(2, 4, 8)), pre = round(rnorm(14, 3, .8), 2)); h$post <- round(h$pre + .4 + rep(c(.5, -.2, .1), c(2, 4, 8)) + rnorm(14, 0, .5), 2)
write_input(D, "three_clusters.csv", h)
case("own_three_cr", "three_clusters.csv", list(method = "paired_change_cr", cluster = "cohort"), paired_change_cr(h$pre, h$post, h$cohort))
case("own_three_flip", "three_clusters.csv", list(method = "sign_flip_exact"), sign_flip_exact(h$pre, h$post, h$cohort), 1e-10)
case("own_three_icc", "three_clusters.csv", list(method = "icc_anova", value = "post-pre"), icc_anova(h$post - h$pre, h$cohort), 1e-10)
o <- data.frame(id = 1:8, cohort = paste0("one", 1:8), pre = c(3, 5, 2, 7, 4, 4, 9, 6), post = c(4, 5, 6, 7, 3, 8, 9, 9)); o$far <- o$pre + 20; write_input(D, "ones.csv", o)
case("own_ones_cr", "ones.csv", list(method = "paired_change_cr", cluster = "cohort"), paired_change_cr(o$pre, o$post, o$cohort))
case("own_ones_effects", "ones.csv", list(method = "effects_paired"), effects_paired(o$pre, o$post))
case("own_ones_wilcoxon", "ones.csv", list(method = "wilcoxon"), wilcoxon(o$pre, o$post), 1e-10)

# ---- two groups --------------------------------------------------------------------------------------------------
t2 <- data.frame(id = 1:37, arm = rep(c("wait", "trained"), c(15, 22)), pre = sample(1:5, 37, TRUE)); t2$post <- pmin(5, pmax(1, t2$pre + sample(-1:2, 37, TRUE) + (t2$arm == "trained"))); t2$post[c(3, 30)] <- NA
write_input(D, "two_groups.csv", t2); ch <- t2$post - t2$pre
case("own_groups_effect", "two_groups.csv", list(method = "effects_independent", value = "change", groups = c("wait", "trained")), effects_independent(ch[t2$arm == "wait"], ch[t2$arm == "trained"]))
case("own_groups_cliff", "two_groups.csv", list(method = "cliff", value = "change", groups = c("wait", "trained")), cliff(ch[t2$arm == "wait"], ch[t2$arm == "trained"]), 1e-10)
case("own_groups_cliff_apart", "ones.csv", list(method = "cliff", columns = c("pre", "far")), cliff(o$pre, o$far), 1e-10)

# ---- yes and no ------------------------------------------------------------------------------------------------------
y <- data.frame(id = 1:40, a = rep(c(0, 1), c(28, 12)), b = rep(c(1, 0, 1), c(9, 19, 12)), c = c(rep(0, 39), 1), d = (1:40 * 7) %% 3 == 0, score1 = 1 + (1:40 * 7) %% 5, score2 = 1 + (1:40 * 11) %% 5)
y$d <- as.integer(y$d); y$b[5] <- NA; write_input(D, "yes_no.csv", y)
case("own_mcnemar_none_lost", "yes_no.csv", list(method = "mcnemar", columns = c("a", "b")), mcnemar_all(y$a, y$b))
case("own_mcnemar_mixed", "yes_no.csv", list(method = "mcnemar", columns = c("b", "d")), mcnemar_all(y$b, y$d))
case("own_mcnemar_coded", "yes_no.csv", list(method = "mcnemar", columns = c("score1", "score2"), coding = "1 if score >= 3"), mcnemar_all(as.integer(y$score1 >= 3), as.integer(y$score2 >= 3)))
case("own_mcnemar_rows", "yes_no.csv", list(method = "mcnemar", columns = c("a", "d"), rows = "score1 >= 2 and score2 != 4"), { k <- y$score1 >= 2 & y$score2 != 4; mcnemar_all(y$a[k], y$d[k]) })
case("own_cochran", "yes_no.csv", list(method = "cochran_q", columns = c("a", "b", "c", "d")), cochran_q(as.matrix(y[, c("a", "b", "c", "d")])), 1e-10)
m3 <- y[, c("score1", "score2", "a")]; case("own_friedman", "yes_no.csv", list(method = "friedman", columns = c("score1", "score2", "a")), friedman(m3), 1e-10)

# ---- mixed models --------------------------------------------------------------------------------------------------
L <- data.frame(id = rep(u$id, 3), cohort = rep(u$cohort, 3), sector = rep(u$sector, 3), years = rep(u$years, 3), wave = factor(rep(c("pre", "post", "fup"), each = n), levels = c("pre", "post", "fup")), y = c(u$pre, u$post, u$fup)); L <- L[!is.na(L$y), ]; rownames(L) <- NULL
write_input(D, "uneven_long.csv", L); con <- list(post_pre = c(0, 1, 0), fup_pre = c(0, 0, 1), fup_post = c(0, -1, 1)); fl <- "uneven_long.csv"
L$cw <- interaction(L$cohort, L$wave, drop = TRUE)
case("own_lmm_two", fl, list(method = "lmm", formula = "y ~ wave + (1|cohort) + (1|id)", contrasts = con), lmm(y ~ wave + (1 | cohort) + (1 | id), L, con), 1e-6)
case("own_lmm_three", fl, list(method = "lmm", formula = "y ~ wave + (1|cohort) + (1|id) + (1|cohort:wave)", contrasts = con), lmm(y ~ wave + (1 | cohort) + (1 | id) + (1 | cw), L, con), 1e-6)
ki <- list(post_police = c(0, 0, 0, 0, 0, 0, 1, 0, 0, 0), years = c(0, 0, 0, 0, 0, 1, 0, 0, 0, 0))
case("own_lmm_interaction", fl, list(method = "lmm", formula = "y ~ wave * sector + years + (1|id)", contrasts = ki), lmm(y ~ wave * sector + years + (1 | id), L, ki), 1e-6)
# crossed: 20 persons rate 6 cases twice; the third grouping explains nothing
x <- expand.grid(item = 1:6, person = 1:20); x <- x[(x$item * x$person) %% 7 != 3, ]; x <- x[rep(seq_len(nrow(x)), 1 + (seq_len(nrow(x)) %% 3 == 0)), ]; x$coin <- paste0("side", (seq_len(nrow(x)) * 5) %% 4)
x$y <- round(10 + rnorm(20, 0, 2)[x$person] + rnorm(6, 0, 1)[x$item] + rnorm(nrow(x)), 3); x$late <- as.integer(seq_len(nrow(x)) %% 2 == 0); rownames(x) <- NULL; write_input(D, "crossed.csv", x)
case("own_lmm_crossed", "crossed.csv", list(method = "lmm", formula = "y ~ late + (1|person) + (1|item)", contrasts = list(late = c(0, 1))), lmm(y ~ late + (1 | person) + (1 | item), x, list(late = c(0, 1))), 1e-6)
case("own_lmm_zero_variance", "crossed.csv", list(method = "lmm", formula = "y ~ late + (1|person) + (1|item) + (1|coin)", contrasts = list(late = c(0, 1))), lmm(y ~ late + (1 | person) + (1 | item) + (1 | coin), x, list(late = c(0, 1))), 1e-6)
# boundary: nothing at all between cohorts
z <- data.frame(id = rep(1:24, each = 2), cohort = rep(rep(1:6, 4), each = 2), wave = rep(c("pre", "post"), 24)); z$y <- round(5 + rep(rep(seq(-1, 1, length.out = 4), each = 6), each = 2) + (z$wave == "post") * .6 + rnorm(48, 0, .7), 2); z$wave <- factor(z$wave, levels = c("pre", "post")); write_input(D, "boundary.csv", z)
case("own_lmm_boundary", "boundary.csv", list(method = "lmm", formula = "y ~ wave + (1|cohort) + (1|id)", contrasts = list(post_pre = c(0, 1))), lmm(y ~ wave + (1 | cohort) + (1 | id), z, list(post_pre = c(0, 1))), 1e-6)

# ---- marginal models -------------------------------------------------------------------------------------------------
L$high <- as.integer(L$y >= 60); L$k <- pmax(0, round((L$y - 45) / 4)); write_input(D, "uneven_marginal.csv", L[, c("id", "cohort", "sector", "years", "wave", "y", "high", "k")]); fm <- "uneven_marginal.csv"
for (cs in c("exchangeable", "independence")) {
  case(paste0("own_gee_", cs), fm, list(method = "gee", formula = "y ~ wave + years", id = "id", corstr = cs), gee(y ~ wave + years, L, "id", corstr = cs), 1e-6)
  case(paste0("own_gee_logit_", cs), fm, list(method = "gee", formula = "high ~ wave + sector", family = "binomial", id = "cohort", corstr = cs), gee(high ~ wave + sector, L, "cohort", binomial, corstr = cs), 1e-6)
  case(paste0("own_gee_log_", cs), fm, list(method = "gee", formula = "k ~ wave + years", family = "poisson", id = "id", corstr = cs), gee(k ~ wave + years, L, "id", poisson, corstr = cs), 1e-6)
}
# Mancl & DeRouen's errors, from the full matrices
md <- function(formula, data, id) { d <- data[order(match(data[[id]], unique(data[[id]]))), ]; G <- gee(formula, d, id); X <- model.matrix(formula, d); y <- d[[all.vars(formula)[1]]]; g <- d[[id]]; b <- G$estimate; a <- G$alpha
  A <- Reduce(`+`, lapply(unique(g), function(k) { i <- which(g == k); R <- matrix(a, length(i), length(i)); diag(R) <- 1; t(X[i, , drop = FALSE]) %*% solve(R) %*% X[i, , drop = FALSE] })); B <- solve(A)
  M <- Reduce(`+`, lapply(unique(g), function(k) { i <- which(g == k); R <- matrix(a, length(i), length(i)); diag(R) <- 1; Xi <- X[i, , drop = FALSE]; H <- Xi %*% B %*% t(Xi) %*% solve(R); s <- t(Xi) %*% solve(R) %*% solve(diag(length(i)) - H, y[i] - Xi %*% b); s %*% t(s) }))
  list(terms = colnames(X), se_mancl_derouen = num(sqrt(diag(B %*% M %*% B)))) }
case("own_gee_mancl_derouen", fm, list(method = "gee", formula = "y ~ wave + years", id = "cohort", corstr = "exchangeable"), md(y ~ wave + years, L, "cohort"), 1e-6)

# ---- scales, tests -----------------------------------------------------------------------------------------------------
th <- rnorm(60); lk <- function(a, r) pmin(5, pmax(1, round(3 + a * th + r * rnorm(60)))); it <- data.frame(id = 1:60, i1 = lk(.9, .7), i2 = lk(.8, .8), i3 = lk(.5, 1), i4 = lk(-.3, 1), i5 = lk(.7, .9), i6 = lk(.6, .9), i7 = lk(1, .5)); it$i3[c(4, 17)] <- NA; write_input(D, "items.csv", it)
case("own_reliability_seven", "items.csv", list(method = "reliability", items = paste0("i", 1:7)), reliability(it[, -1]), 1e-6)
case("own_reliability_three", "items.csv", list(method = "reliability", items = c("i1", "i2", "i7")), reliability(it[, c("i1", "i2", "i7")]), 1e-6)
q <- as.data.frame((outer(th, c(-1, -.5, 0, .3, .8, 1.2), "-") + matrix(rnorm(360), 60) > 0) * 1); names(q) <- paste0("q", 1:6); q$q2[9] <- NA; q <- data.frame(id = 1:60, q); write_input(D, "quiz.csv", q)
case("own_item_analysis", "quiz.csv", list(method = "item_analysis", items = paste0("q", 1:6)), item_analysis(q[, -1]))

# ---- planning, shares, counts, many tests ----------------------------------------------------------------------------------
gr <- list(list(n = 2), list(n = 9, power = .95), list(n = 30, J = 3, icc = .2, cv = 1), list(n = 4000, J = 40, icc = .01, cv = .1, alpha = .01), list(n = 24, J = 24, icc = .3), list(n = 80, J = 8, icc = 0, cv = .5))
case("own_mde", NA, list(method = "mde", grid = gr), lapply(gr, function(a) do.call(mde, a)), 1e-7)
pw <- power.t.test(delta = 1.2, sd = 2, n = 9, type = "paired", sig.level = .1); case("own_power", NA, list(n = 9, delta = 1.2, sd_change = 2, alpha = .1, strict = FALSE), list(power = pw$power), 1e-7)
pw <- power.t.test(delta = .2, sd = 1, n = 12, type = "paired", strict = TRUE); case("own_power_strict", NA, list(n = 12, delta = .2, sd_change = 1, alpha = .05, strict = TRUE), list(power = pw$power), 1e-7)
case("own_shares", NA, list(method = "prop_ci"), list(prop_ci(0, 1), prop_ci(1, 1), prop_ci(1, 2), prop_ci(3, 1000), prop_ci(9999, 10000)))
case("own_counts", NA, list(method = "count_ci"), list(count_ci(1), count_ci(2), count_ci(250000)))
pv <- c(.05, .05, .01, 1, .2, .05, 0, .0001); case("own_p_adjust", NA, list(p = pv), list(holm = p.adjust(pv, "holm"), hochberg = p.adjust(pv, "hochberg"), bh = p.adjust(pv, "BH"), by = p.adjust(pv, "BY"), bonferroni = p.adjust(pv, "bonferroni")), 1e-12)

# ---- networks: 12 services, valued ties in the second --------------------------------------------------------------------------
nw <- function(p) { A <- matrix(rbinom(144, 1, p), 12); diag(A) <- 0; A }; A <- nw(.2); A[4, ] <- 0; A[, 4] <- 0; B <- pmax(A * rbinom(144, 1, .7), nw(.1)) * matrix(sample(1:3, 144, TRUE), 12); diag(B) <- 0
wm <- function(M, f) write.table(M, file.path(D, "input", f), sep = ",", row.names = FALSE, col.names = FALSE); wm(A, "services_before.csv"); wm(B, "services_after.csv")
gl <- data.frame(id = 1:12, sector = c("social", "police", "school", "school", "social", "NA", "police", "school", "social", "NA", "police", "social")); write.csv(gl, file.path(D, "input", "services_sector.csv"), row.names = FALSE); gr <- gl$sector
P <- perm_matrix(12, 199, 3); write_input(D, "services_perms.csv", as.data.frame(P)); IX <- resamples(12, 199, 4); write_input(D, "services_resamples.csv", as.data.frame(IX))
case("own_network", "services_before.csv", list(method = "network_measures", group = "services_sector.csv"), network_measures(A, gr), 1e-10)
case("own_network_plain", "services_after.csv", list(method = "network_measures"), network_measures(B), 1e-10)
case("own_qap", "services_before.csv", list(method = "qap_cor", other = "services_after.csv", perms = "services_perms.csv"), qap_cor(A, B, P), 1e-9)
case("own_ei", "services_before.csv", list(method = "ei_perm", group = "services_sector.csv", perms = "services_perms.csv"), ei_perm(A, gr, P), 1e-9)
case("own_mrqap", "services_after.csv", list(method = "mrqap_y", x = c("before = services_before.csv", "same = same sector"), perms = "services_perms.csv"), mrqap_y(B, list(before = A, same = outer(gr, gr, "==") * 1), P), 1e-9)
case("own_density", "services_before.csv", list(method = "density_change", after = "services_after.csv", resamples = "services_resamples.csv"), density_change(A, (B > 0) * 1, IX), 1e-9)
cat("cases:", length(list.files(file.path(D, "expected"))), "\n")
