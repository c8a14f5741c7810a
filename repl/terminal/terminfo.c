/* Terminal descriptions that travel with the program, for hosts that lack the terminal's own. See terminfo.h.
 *
 * Compiled by `tic -x` from the source below, printed by `infocmp -x -Q2 NAME`. No back colour erase, no repeat, no
 * insert and delete: what every terminal does alike.
 *
 *   gaze-common|what every terminal since xterm understands,
 *       am, mir, msgr, npc, xenl,
 *       cols#80, it#8, lines#24,
 *       bel=^G, bold=\E[1m, civis=\E[?25l, clear=\E[H\E[2J, cnorm=\E[?25h,
 *       cr=\r, cub=\E[%p1%dD, cub1=^H, cud=\E[%p1%dB, cud1=\n, cuf=\E[%p1%dC, cuf1=\E[C,
 *       cup=\E[%i%p1%d;%p2%dH, cuu=\E[%p1%dA, cuu1=\E[A, dim=\E[2m,
 *       ed=\E[J, el=\E[K, home=\E[H, hpa=\E[%i%p1%dG, ind=\n, nel=\EE, op=\E[39;49m, rev=\E[7m, ri=\EM,
 *       rmcup=\E[?1049l, rmkx=\E[?1l\E>, rmso=\E[27m, rmul=\E[24m, sgr0=\E(B\E[m,
 *       smcup=\E[?1049h, smkx=\E[?1h\E=, smso=\E[7m, smul=\E[4m, vpa=\E[%i%p1%dd,
 *       kbs=^?, kcbt=\E[Z, kcub1=\EOD, kcud1=\EOB, kcuf1=\EOC, kcuu1=\EOA, kdch1=\E[3~,
 *       kend=\EOF, kent=\EOM, khome=\EOH, knp=\E[6~, kpp=\E[5~,
 *   gaze-direct|xterm and its kin with 24-bit colour,
 *       RGB, colors#0x1000000, pairs#0x10000,
 *       setab=\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
 *       setaf=\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
 *       use=gaze-common,
 *   gaze-256|xterm and its kin with 256 colours,
 *       colors#0x100, pairs#0x10000,
 *       setab=\E[48;5;%p1%dm, setaf=\E[38;5;%p1%dm,
 *       use=gaze-common,
 */
#include "repl/terminal/terminfo.h"

static const char direct[] =
    "b64:HgIxABoADwBpAbMBZ2F6ZS1kaXJlY3R8eHRlcm0gYW5kIGl0cyBraW4gd2l0aCAyNC1iaXQgY29sb3VyAAABAAABAAAAAAAAAAABAQAAAA"
    "AAAAAAAAABAFAAAAAIAAAAGAAAAP____________________________________________________8AAAABAAABAP__AAACAP____8EAAwA"
    "EAAUAP__HwAwADIANgA9AP__PwBGAP__SgD__________________04AUwD__1wA________YQBmAGsA_____3AAdwD_____gACGAP________"
    "__________________jAD_______-OAP__kwD_____________________________________lwD_____mwD__58ApACpAP_______60AsQC5"
    "AP__________________________________wQD________EAP_______80A1gD__98A________________________________6AD___MA9Q"
    "D_____________________________________________-AD________________________________________8AAAB________________"
    "______________________________________________________________________________________________________________"
    "______________________________________________________________________________________________________________"
    "______________________________________________________________________________________________________________"
    "___wQB________________________________________________________________________________________________________"
    "__________________________________________________________8NAWABBwANABtbSBtbMkoAG1tLABtbSgAbWyVpJXAxJWRHABtbJW"
    "klcDElZDslcDIlZEgACgAbW0gAG1s_MjVsAAgAG1s_MjVoABtbQwAbW0EAG1sxbQAbWz8xMDQ5aAAbWzJtABtbN20AG1s3bQAbWzRtABsoQhtb"
    "bQAbWz8xMDQ5bAAbWzI3bQAbWzI0bQB_ABtbM34AG09CABtPSAAbT0QAG1s2fgAbWzV-ABtPQwAbT0EAG1s_MWwbPgAbWz8xaBs9ABtFABtbJX"
    "AxJWRCABtbJXAxJWREABtbJXAxJWRDABtbJXAxJWRBABtbJWklcDElZGQACgAbTQAbW1oAG09GABtPTQAbWzM5OzQ5bQAbWyU_JXAxJXs4fSU8"
    "JXQzJXAxJWQlZTM4OzI7JXAxJXs2NTUzNn0lLyVkOyVwMSV7MjU2fSUvJXsyNTV9JSYlZDslcDElezI1NX0lJiVkJTttABtbJT8lcDElezh9JT"
    "wldDQlcDElZCVlNDg7MjslcDElezY1NTM2fSUvJWQ7JXAxJXsyNTZ9JS8lezI1NX0lJiVkOyVwMSV7MjU1fSUmJWQlO20AAAEAAAAAAAEABAAB"
    "AAAAUkdCAA==";

static const char indexed[] =
    "b64:HgIsABoADwBpASkBZ2F6ZS0yNTZ8eHRlcm0gYW5kIGl0cyBraW4gd2l0aCAyNTYgY29sb3VycwAAAQAAAQAAAAAAAAAAAQEAAAAAAAAAAA"
    "AAAVAAAAAIAAAAGAAAAP____________________________________________________8AAQAAAAABAP__AAACAP____8EAAwAEAAUAP__"
    "HwAwADIANgA9AP__PwBGAP__SgD__________________04AUwD__1wA________YQBmAGsA_____3AAdwD_____gACGAP________________"
    "__________jAD_______-OAP__kwD_____________________________________lwD_____mwD__58ApACpAP_______60AsQC5AP______"
    "____________________________wQD________EAP_______80A1gD__98A________________________________6AD___MA9QD_______"
    "______________________________________-AD________________________________________8AAAB________________________"
    "______________________________________________________________________________________________________________"
    "______________________________________________________________________________________________________________"
    "_________________________________________________________________________________________________________wQB__"
    "______________________________________________________________________________________________________________"
    "__________________________________________________8NARsBBwANABtbSBtbMkoAG1tLABtbSgAbWyVpJXAxJWRHABtbJWklcDElZD"
    "slcDIlZEgACgAbW0gAG1s_MjVsAAgAG1s_MjVoABtbQwAbW0EAG1sxbQAbWz8xMDQ5aAAbWzJtABtbN20AG1s3bQAbWzRtABsoQhtbbQAbWz8x"
    "MDQ5bAAbWzI3bQAbWzI0bQB_ABtbM34AG09CABtPSAAbT0QAG1s2fgAbWzV-ABtPQwAbT0EAG1s_MWwbPgAbWz8xaBs9ABtFABtbJXAxJWRCAB"
    "tbJXAxJWREABtbJXAxJWRDABtbJXAxJWRBABtbJWklcDElZGQACgAbTQAbW1oAG09GABtPTQAbWzM5OzQ5bQAbWzM4OzU7JXAxJWRtABtbNDg7"
    "NTslcDElZG0A";

const struct terminfo terminfo_direct = {.name = "gaze-direct", .value = direct};
const struct terminfo terminfo_256 = {.name = "gaze-256", .value = indexed};
